from __future__ import annotations

from pathlib import Path

import pytest

from scripts.proofs import main, outcomes_in, proofs_in, troubles

PROOF = "tests/unit/test_a.py::test_b"


def junit(path: Path, *cases: tuple[str, str]) -> Path:
    """Write what pytest would: a case's name, and the element inside it."""
    inside = "".join(f'<testcase classname="tests.unit.test_a" name="{name}">{body}</testcase>' for name, body in cases)
    path.write_text(f"<testsuites><testsuite>{inside}</testsuite></testsuites>", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        pytest.param([("test_b", "")], [], id="passed"),
        pytest.param([("test_b[1]", ""), ("test_b[2]", "")], [], id="every-parameter-passed"),
        pytest.param([("test_b[1]", ""), ("test_b[2]", "<failure/>")], [f"{PROOF}: failure"], id="one-failed"),
        pytest.param([("test_b", ""), ("test_b", "<error/>")], [f"{PROOF}: error"], id="teardown-failed"),
        pytest.param([("test_b", "<skipped/>")], [f"{PROOF}: skipped"], id="skipped"),
        pytest.param([("test_c", "")], [f"{PROOF}: not run"], id="not-run"),
        pytest.param([], [f"{PROOF}: not run"], id="nothing-ran"),
    ],
)
def test_only_a_test_that_ran_and_passed_proves_a_control(
    tmp_path: Path, cases: list[tuple[str, str]], expected: list[str]
) -> None:
    assert troubles([PROOF], outcomes_in([junit(tmp_path / "one.xml", *cases)])) == expected


def test_a_failure_in_any_file_counts(tmp_path: Path) -> None:
    files = [junit(tmp_path / "1.xml", ("test_b", "")), junit(tmp_path / "2.xml", ("test_b", "<failure/>"))]
    assert troubles([PROOF], outcomes_in(files)) == [f"{PROOF}: failure"]


def test_an_unproved_hazard_log_fails_and_names_the_proofs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(junit(tmp_path / "1.xml"))]) == 1
    told = capsys.readouterr().err
    assert all(proof in told for proof in proofs_in())


def test_without_files_it_says_what_to_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "build/tests-*.xml" in capsys.readouterr().err
