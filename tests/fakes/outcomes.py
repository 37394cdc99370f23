"""A pytest plugin that keeps the outcome of each test of a session."""

from __future__ import annotations

import pytest


class Outcomes:
    """How the tests went.

    Attributes:
        selected: Node ids of a session by the id of their function, without parameters.
        is_whole: Nothing was left out of this session.
        results: Outcome by node id; the worst of setup, call and teardown.
    """

    def __init__(self, *, selected: dict[str, set[str]], is_whole: bool) -> None:
        self.selected = selected
        self.is_whole = is_whole
        self.results: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result; whatever is no pass wins over a pass."""
        if report.outcome != "passed" or report.when == "call":
            before = self.results.get(report.nodeid, "passed")
            self.results[report.nodeid] = before if before != "passed" else report.outcome

    def trouble_with(self, proof: str) -> str | None:
        """Say why a test proves nothing in this session; None: it passed, or was not asked for in a partial run."""
        wanted = self.selected.get(proof, set())
        if not wanted:
            return f"{proof}: was not collected" if self.is_whole else None
        results = {self.results.get(nodeid, "not run") for nodeid in wanted}
        if results == {"passed"} or (not self.is_whole and "not run" in results):
            return None
        return f"{proof}: {', '.join(sorted(results - {'passed'}))}"


RAN_KEY = pytest.StashKey[Outcomes]()
