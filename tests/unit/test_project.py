"""What pyproject.toml, constraints.txt and the conventions promise of the whole project."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest

from bot.settings import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "bot").rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned_to_one_version() -> None:
    project = PYPROJECT["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {_plain(re.match(r"[\w.-]+", requirement)[0]) for requirement in asked}  # type: ignore[index]
    pinned = {_plain(line.partition("==")[0]) for line in PINS if not line.startswith("#")}
    assert names - pinned == {"bot"}


def test_every_pin_is_exact_and_for_every_machine() -> None:
    assert [line for line in PINS if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []


def test_every_dependency_says_what_it_is_for_how_large_it_is_and_what_it_replaces() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("\n[project.scripts]")[0].splitlines()
    listed = [line.strip() for line in lines if re.match(r' {4}"[a-z].*",', line)]
    unexplained = [line for line in listed if len(line.partition("# ")[2].split("; ")) < 3 and '"bot[' not in line]
    assert len(listed) > 30
    assert unexplained == []


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        pytest.param("bot", ("postgresql", "oidc", "openai", "anthropic", "ollama"), id="bot"),
        pytest.param("tests", ("test", "oidc"), id="tests"),
    ],
)
def test_every_library_imported_is_a_declared_dependency(folder: str, extras: tuple[str, ...]) -> None:
    project = PYPROJECT["project"]
    asked = chain(project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras))
    declared = {_plain(re.match(r"[\w.-]+", requirement)[0]) for requirement in asked}  # type: ignore[index]
    brought = {
        "starlette",  # what fastapi is made of
        "pydantic-core",  # what pydantic is made of
        "transformers",  # what sentence-transformers is made of
        "rich",  # what typer draws with
        "markupsafe",  # what jinja2 escapes with
    }
    packages = metadata.packages_distributions()
    missing = {
        name: packages.get(name)
        for name in _imported(ROOT / folder) - sys.stdlib_module_names - {"bot", "tests", "scripts"}
        if not {_plain(package) for package in packages.get(name, [])} & (declared | brought)
    }
    assert missing == {}


def _imported(folder: Path) -> set[str]:
    """Return the top-level names of all absolute imports below a folder."""
    nodes = chain.from_iterable(
        ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(folder.rglob("*.py"))
    )
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("module", MODULES)
def test_module_and_its_functions_are_short(module: str) -> None:
    source = Path(ROOT / module).read_text(encoding="utf-8")
    functions = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    too_long = {f.name for f in functions if (f.end_lineno or 0) - f.lineno >= MAX_FUNCTION_LINES}
    assert (source.count("\n") <= MAX_MODULE_LINES, too_long) == (True, set())


@pytest.mark.parametrize("module", [module for module in MODULES if module.endswith("__init__.py")])
def test_package_holds_a_docstring_alone_or_fixed_values(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    others = [ast.unparse(node) for node in tree.body[1:] if not isinstance(node, ast.Assign | ast.AnnAssign)]
    assert [line for line in others if not line.startswith("from __future__")] == []
