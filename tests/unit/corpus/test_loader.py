from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.corpus import loader
from bot.corpus.loader import corpus_files, load_corpus
from bot.domain import Reference
from bot.errors import CorpusError

CHAPTER = "---\nid: lupus\ntitle: Lupus\n---\n## What is lupus? {#what-is-lupus}\nA disease.\n"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def detail_of(folder: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        load_corpus(folder)
    return caught.value.detail


def test_reads_guides_and_own_documents_in_one_folder(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "b-lupus.md": CHAPTER,
            "a-notes.txt": "Bring a list of your medicines.\r\n",
            "plain.md": "# Diet\nEat well.",
            "page.html": "<h1>Sleep</h1><p>Sleep well.",
            "references.yaml": "R1: {citation: A paper, url: https://example.org/1}\nR2: {citation: A book}\n",
        },
    )
    names: list[str] = []
    corpus = load_corpus(tmp_path, on_file=names.append)
    assert names == ["a-notes.txt", "b-lupus.md", "page.html", "plain.md"] == list(corpus.sources)
    assert [(section.id, section.text) for section in corpus.sections] == [
        ("a-notes-txt--text", "Bring a list of your medicines."),
        ("what-is-lupus", "A disease."),
        ("page-html--sleep", "Sleep well."),
        ("plain-md--diet", "Eat well."),
    ]
    for section in corpus.sections:
        assert section.text == corpus.sources[section.source][section.char_start : section.char_end]
    assert corpus.references == {
        "R1": Reference("R1", "A paper", "https://example.org/1"),
        "R2": Reference("R2", "A book", None),
    }


def test_leaves_out_hidden_files_and_files_about_the_guide(tmp_path: Path) -> None:
    beside = ("README.md", "facts.csv", "picture.png", ".draft.md", "~$open.docx", ".git/x.md")
    write(tmp_path, {"sub/Deep.TXT": "Text.", **dict.fromkeys(beside, "Text.")})
    assert [path.relative_to(tmp_path).as_posix() for path in corpus_files(tmp_path)] == ["sub/Deep.TXT"]


def test_the_digest_changes_with_every_byte_name_and_reference(tmp_path: Path) -> None:
    variants: list[dict[str, str | bytes]] = [
        {"a.txt": "One."},
        {"a.txt": "Two."},
        {"b.txt": "One."},
        {"a.txt": "One.", "b.txt": "Two."},
        {"a.txt": "One.", "references.yaml": "R1: {citation: A paper}"},
    ]
    folders = [write(tmp_path / str(number), files) for number, files in enumerate(variants)]
    digests = [load_corpus(folder).digest for folder in folders]
    assert len(set(digests)) == len(variants)
    assert [load_corpus(folder).digest for folder in folders] == digests


def test_two_thousand_ordinary_files_never_share_an_id(tmp_path: Path) -> None:
    stems = [
        "x",
        "x y",
        "X Y",
        "x-y",
        "x_y",
        "x.y",
        "日本語",
        "日本人",
        "Übersicht",
        "Ubersicht",
        "e\u0301",
        "é",
        "🦋",
        "a" * 90,
        "a" * 91,
    ]
    files = {
        f"{folder}{stem}{number or ''}{suffix}": "# Same\nText.\n# Same\nText."
        for folder in ("", "a/", "a-", "b/a/", "ä/")
        for stem in stems
        for number in range(9)
        for suffix in (".txt", ".html", ".md")
    }
    write(tmp_path, dict(files))
    corpus = load_corpus(tmp_path)
    assert len(corpus.sources) == len(files) == 2_025
    assert len({section.id for section in corpus.sections}) == len(corpus.sections) == 2_700
    assert len({section.chapter_id for section in corpus.sections}) == len(files)


@pytest.mark.parametrize(
    ("files", "detail"),
    [
        pytest.param(
            {"a.md": CHAPTER, "b.md": CHAPTER},
            "b.md: section id 'what-is-lupus' is taken in a.md; choose another.",
            id="one id twice",
        ),
        pytest.param(
            {"sub/a.txt": b"\xff"}, "sub/a.txt: not UTF-8 at byte 0; save it as UTF-8 and build again.", id="bytes"
        ),
        pytest.param({"a.md": " \n"}, "a.md: empty; write something in it or remove it.", id="empty"),
        pytest.param(
            {"a.txt": "A", "references.yaml": "- R1"},
            "references.yaml: each entry must be 'id: {citation: …, url: …}'; correct it.",
            id="references are a list",
        ),
        pytest.param(
            {"a.txt": "A", "references.yaml": "R1: {citation: 2026-13-01}"},
            "references.yaml: each entry must be 'id: {citation: …, url: …}'; correct it.",
            id="a thirteenth month",
        ),
        pytest.param(
            {"a.txt": "A", "references.yaml": "R1: {url: https://example.org}"},
            "references.yaml: each entry must be 'id: {citation: …, url: …}'; correct it.",
            id="no citation",
        ),
        pytest.param(
            {"a.txt": "A", "references.yaml": "R1: {citation: A, url: 'javascript:alert(1)'}"},
            "references.yaml: R1 has an address that does not begin with https://; correct it.",
            id="address",
        ),
    ],
)
def test_refuses_what_cannot_be_used_and_names_the_file(
    tmp_path: Path, files: dict[str, str | bytes], detail: str
) -> None:
    assert detail_of(write(tmp_path, files)) == detail


def test_names_the_folder_that_is_missing_or_holds_no_guide(tmp_path: Path) -> None:
    assert (
        detail_of(tmp_path / "no") == f"{tmp_path / 'no'} is not a folder; name the folder of the guide with --corpus."
    )
    suffixes = ".md, .markdown, .txt, .html, .htm, .pdf, .docx"
    assert detail_of(tmp_path) == f"{tmp_path} holds no guide file ({suffixes}); add one and build again."


def test_refuses_a_huge_file_before_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "MAX_BYTES", 3)
    assert detail_of(write(tmp_path, {"a.txt": "1234"})) == "a.txt: larger than 0 MB; split it into smaller files."


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not let such a name be made")
def test_refuses_a_name_that_is_no_text(tmp_path: Path) -> None:
    write(tmp_path, {"caf\udce9.txt": "Text."})
    assert detail_of(tmp_path) == "caf?.txt: the file's name is not UTF-8; rename it."


def test_says_so_when_a_file_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    write(tmp_path, {"a.txt": "Text."})
    assert detail_of(tmp_path) == "a.txt: cannot be read (Permission denied); check the file's permissions."
