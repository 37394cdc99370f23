from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bot.errors import BadIndexError, CorpusError, ModelError
from bot.index import build as build_module
from bot.index import versions
from bot.index.build import build_index, index_is_current
from bot.index.embedder import SentenceEmbedder, model_folder
from bot.index.encoders import open_encoder
from bot.index.loaded import LoadedIndex, load_index
from bot.index.query_encoder import MODEL_FILE, TOKENIZER_FILE, TokenCounter
from bot.index.rows import load_digests
from bot.retrieval.search import Searcher

QUESTIONS = {
    "fever after the infusion": "crs",
    "is lupus contagious": "what-is-lupus",
    "who pays for the hotel": "insurance",
    "which sunscren": "sun-protection",
}


def searcher_of(index: LoadedIndex) -> Searcher:
    return Searcher(
        index=index,
        encode=open_encoder(index).encode,
        is_word=TokenCounter(index.folder / TOKENIZER_FILE).is_word,
    )


def best(index: LoadedIndex) -> dict[str, str]:
    searcher = searcher_of(index)
    return {question: searcher.search(question).hits[0].chunk.section_id for question in QUESTIONS}


def no_model(*arguments: object, **options: object) -> None:
    raise AssertionError("the embedding model was opened")


def test_finds_the_section_that_answers(mini_index_dir: Path) -> None:
    assert best(load_index(mini_index_dir)) == QUESTIONS


def test_the_manifest_says_what_the_index_is_made_of(mini_index_dir: Path) -> None:
    index = load_index(mini_index_dir)

    manifest = index.manifest
    assert (manifest.files_read, manifest.sections, manifest.chunks) == (2, 5, 5)
    assert manifest.rows == len(index.rows) == len(load_digests(index.folder))
    assert (manifest.dimension, manifest.max_model_tokens, manifest.chunk_tokens) == (384, 256, 220)
    assert manifest.model_name == "all-MiniLM-L6-v2"
    assert manifest.parity is not None
    assert 0.9999 <= manifest.parity <= 1.0


def test_every_vector_is_of_length_one(mini_index_dir: Path) -> None:
    vectors = load_index(mini_index_dir).store.all_rows()

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_file_of_an_index_is_a_pickle(mini_index_dir: Path) -> None:
    folder = load_index(mini_index_dir).folder

    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {
        ".faiss", ".json", ".jsonl", ".npy", ".onnx"
    }  # fmt: skip
    for path in folder.rglob("*.npy"):
        np.load(path, allow_pickle=False)


def test_a_build_of_an_unchanged_guide_opens_no_model(
    mini_corpus: Path, index_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_index(index_copy)
    monkeypatch.setattr(build_module, "SentenceEmbedder", no_model)

    manifest = build_index(corpus_dir=mini_corpus, index_dir=index_copy)

    after = load_index(index_copy)
    assert manifest.version != before.manifest.version
    assert manifest.parity == before.manifest.parity
    np.testing.assert_array_equal(after.store.all_rows(), before.store.all_rows())
    assert after.chunks == before.chunks


def test_a_build_embeds_only_what_changed(
    rebuild: Callable[[str, str], str], index_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    original = SentenceEmbedder.embed

    def spy(self: SentenceEmbedder, texts: list[str], **options: object) -> np.ndarray:
        embedded.extend(texts)
        return original(self, texts, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(SentenceEmbedder, "embed", spy)
    before = load_index(index_copy)

    rebuild("Lupus is not contagious.", "Lupus is not catching.")

    after = load_index(index_copy)
    assert sorted(text.split("\n")[0] for text in embedded) == ["Lupus is not catching.", "What is lupus?"]
    changed = [
        number for number, row in enumerate(load_digests(after.folder)) if row not in load_digests(before.folder)
    ]
    model = SentenceEmbedder(folder=model_folder())
    texts = sorted(embedded, key=len, reverse=True)
    expected = original(model, texts)
    got = after.store.rows(changed)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert best(after) == QUESTIONS


def test_an_index_of_another_model_lends_no_vectors(
    mini_corpus: Path, index_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_module, "file_digest", lambda path: "another" if path.suffix != ".json" else "x")
    monkeypatch.setattr(build_module, "SentenceEmbedder", no_model)

    with pytest.raises(AssertionError, match="was opened"):
        build_index(corpus_dir=mini_corpus, index_dir=index_copy)


def test_a_damaged_index_lends_no_vectors(mini_corpus: Path, index_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = load_index(index_copy).folder / "vectors.faiss"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.unlink()
    path.write_bytes(content)
    monkeypatch.setattr(build_module, "SentenceEmbedder", no_model)

    with pytest.raises(AssertionError, match="was opened"):
        build_index(corpus_dir=mini_corpus, index_dir=index_copy)


def test_is_current_until_guide_model_or_splitter_change(
    mini_corpus: Path, index_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index_is_current(corpus_dir=mini_corpus, index_dir=index_copy)

    with monkeypatch.context() as patched:
        patched.setattr(build_module, "MAX_TOKENS", 100)
        assert not index_is_current(corpus_dir=mini_corpus, index_dir=index_copy)
    with monkeypatch.context() as patched:
        patched.setattr(build_module, "file_digest", lambda path: "another")
        assert not index_is_current(corpus_dir=mini_corpus, index_dir=index_copy)
    with (mini_corpus / "lupus.md").open("a", encoding="utf-8") as file:
        file.write("\nOne more sentence.\n")
    assert not index_is_current(corpus_dir=mini_corpus, index_dir=index_copy)


def test_without_export_sentence_transformers_finds_the_same(
    mini_corpus: Path, mini_index_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise ModelError("no export today")

    monkeypatch.setattr(build_module, "export_query_model", fail)
    manifest = build_index(corpus_dir=mini_corpus, index_dir=tmp_path / "without")
    without, exported = load_index(tmp_path / "without"), load_index(mini_index_dir)

    assert manifest.parity is None
    assert not (without.folder / MODEL_FILE).exists()
    assert isinstance(open_encoder(without), SentenceEmbedder)
    for question in QUESTIONS:
        slow, fast = searcher_of(without).search(question).hits, searcher_of(exported).search(question).hits
        assert [hit.chunk.id for hit in slow] == [hit.chunk.id for hit in fast]
        np.testing.assert_allclose([hit.score for hit in slow], [hit.score for hit in fast], atol=1e-4)


def test_an_index_without_export_refuses_another_model(mini_index_dir: Path) -> None:
    from dataclasses import replace

    index = load_index(mini_index_dir)
    index = replace(index, manifest=replace(index.manifest, parity=None, model="0" * 64))

    with pytest.raises(ModelError, match="built with another embedding model"):
        open_encoder(index)


@pytest.mark.parametrize("value", [np.nan, 0.5], ids=["no number", "another direction"])
def test_an_export_that_differs_is_left_out(
    mini_corpus: Path, index_copy: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    def differing(self: object, texts: list[str]) -> np.ndarray:
        return np.full((len(texts), 384), value / np.sqrt(384), dtype=np.float32)

    monkeypatch.setattr("bot.index.query_encoder.OnnxEncoder.encode_many", differing)
    path = mini_corpus / "lupus.md"
    path.write_text(path.read_text(encoding="utf-8").replace("contagious", "catching"), encoding="utf-8")

    manifest = build_index(corpus_dir=mini_corpus, index_dir=index_copy)

    assert manifest.parity is None
    assert MODEL_FILE not in manifest.files


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.write_bytes", "numpy.save"])
def test_a_full_disk_is_one_line_and_the_old_index_stays(
    rebuild: Callable[[str, str], str], index_copy: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = versions.current_version(index_copy)

    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(call, full)
        with pytest.raises(BadIndexError, match=r"^[^\n]*No space left on device[^\n]*$"):
            rebuild("# Lupus in short", "# Lupus, in short")

    assert versions.current_version(index_copy) == before
    assert best(load_index(index_copy)) == QUESTIONS
    assert [path.name for path in (index_copy / "versions").iterdir()] == [before]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_read_only_folder_is_one_line(mini_corpus: Path, index_copy: Path) -> None:
    index_copy.chmod(0o500)
    try:
        with pytest.raises(BadIndexError, match="Permission denied"):
            build_index(corpus_dir=mini_corpus, index_dir=index_copy)
    finally:
        index_copy.chmod(0o700)


def test_a_broken_guide_file_leaves_the_old_index(mini_corpus: Path, index_copy: Path) -> None:
    before = versions.current_version(index_copy)
    (mini_corpus / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")

    with pytest.raises(CorpusError, match=r"broken\.pdf"):
        build_index(corpus_dir=mini_corpus, index_dir=index_copy)
    assert versions.current_version(index_copy) == before


def test_a_second_build_says_busy_and_the_first_goes_on(mini_corpus: Path, index_copy: Path) -> None:
    with versions.new_version(index_copy, "first"), pytest.raises(BadIndexError, match="Another build") as caught:
        build_index(corpus_dir=mini_corpus, index_dir=index_copy)

    assert caught.value.code == "index_busy"


def test_a_killed_build_leaves_the_old_index_in_use(mini_corpus: Path, index_copy: Path) -> None:
    before = versions.current_version(index_copy)
    path = mini_corpus / "lupus.md"
    path.write_text(path.read_text(encoding="utf-8").replace("contagious", "catching"), encoding="utf-8")
    command = [sys.executable, "-m", "bot", "index", "build", "--corpus", str(mini_corpus), "--index", str(index_copy)]
    build = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while not (left := list((index_copy / "versions").glob(".new-*"))):
            assert build.poll() is None, "the build ended before it could be killed"
            assert time.monotonic() < until
            time.sleep(0.005)
    finally:
        build.send_signal(signal.SIGKILL)
        build.wait()

    assert left[0].exists()
    assert versions.current_version(index_copy) == before
    assert best(load_index(index_copy)) == QUESTIONS
    manifest = build_index(corpus_dir=mini_corpus, index_dir=index_copy)
    assert {path.name for path in (index_copy / "versions").iterdir()} == {before, manifest.version}


def test_a_folder_of_plain_texts_builds_and_searches(mini_index_dir: Path, tmp_path: Path) -> None:
    """Two hundred texts; a folder of two thousand is measured in benchmarks/README.md."""
    from tests.fakes.texts import write_texts

    names = write_texts(tmp_path / "texts", 200)
    progress: dict[str, int] = {}
    manifest = build_index(
        corpus_dir=tmp_path / "texts",
        index_dir=tmp_path / "index",
        progress=lambda step, done, total: progress.update({step: done}),
    )
    searcher = searcher_of(load_index(tmp_path / "index"))

    assert manifest.files_read == 200
    assert progress["reading the guide"] == 200
    found = {name: searcher.search(query, k=3).hits[0].chunk.source for name, query in list(names.items())[::10]}
    assert found == {name: name for name in found}
