"""What a search must not import: each of these costs a patient seconds, or a machine hundreds of megabytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "transformers", "sentence_transformers", "sklearn", "onnx", "pandas", "numba"}
# What answering needs and searching does not.
CHAIN = {"langchain_core", "langsmith", "sqlalchemy", "alembic", "chainlit", "fastapi", "phonenumbers", "bs4", "lxml"}

_SEARCH = """
import json, sys
from bot.cli.main import main
sys.argv = ["lupus-bot", "search", "fever after the infusion", "-k", "1", "--json", "--index", {index!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
sys.stderr.write(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
_ANSWER = """
import json, sys
from pathlib import Path
from bot.answer.source import AnswerSource
from bot.domain import Question
from bot.index.encoders import open_encoder
from bot.index.loaded import CurrentIndex
edition = AnswerSource(index=CurrentIndex(index_dir=Path({index!r})), encoder_for=open_encoder).edition()
print(edition.chain.invoke(Question("What is lupus?")).outcome)
sys.stderr.write(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def modules_of(script: str, index_dir: Path) -> tuple[str, set[str]]:
    """Run a script in a Python of its own; return what it printed and the packages it imported."""
    code = script.format(index=str(index_dir))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, set(json.loads(done.stderr.splitlines()[-1]))


def test_a_search_imports_neither_the_model_nor_the_chain(mini_index_dir: Path) -> None:
    printed, imported = modules_of(_SEARCH, mini_index_dir)

    assert json.loads(printed)["hits"][0]["chunk_id"] == "crs"
    assert imported & (HEAVY | CHAIN) == set()


def test_an_answer_imports_no_model(mini_index_dir: Path) -> None:
    printed, imported = modules_of(_ANSWER, mini_index_dir)

    assert printed.strip() == "answered"
    assert imported & HEAVY == set()


@pytest.mark.parametrize("command", [["--help"], ["search", "--help"], ["index", "--help"]], ids=" ".join)
def test_help_imports_next_to_nothing(command: list[str]) -> None:
    code = (
        "import sys\nfrom bot.cli.main import main\n"
        f"sys.argv = ['lupus-bot', *{command!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)

    assert (
        set(done.stderr.split())
        & (HEAVY | CHAIN | {"numpy", "faiss", "onnxruntime", "tokenizers", "bs4", "lxml", "pypdf", "docx"})
        == set()
    )
