"""Remembers how every test of the session went, so that the hazard log can be held against it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests.fakes.outcomes import RAN_KEY, Outcomes

_LAST = "test_every_proof_that_was_selected_ran_and_passed"


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Watch the whole session, and put the test that judges it behind all others."""
    items.sort(key=lambda item: item.name.partition("[")[0] == _LAST)
    selected: dict[str, set[str]] = defaultdict(set)
    for item in items:
        selected[item.nodeid.partition("[")[0]].add(item.nodeid)
    outcomes = Outcomes(selected=dict(selected), is_whole=_is_whole(config))
    config.stash[RAN_KEY] = outcomes
    config.pluginmanager.register(outcomes, "outcomes-for-the-hazard-log")


def _is_whole(config: pytest.Config) -> bool:
    """Tell a run of everything from a part: no path, no word, no marker, no worker that sees a share only."""
    option = config.option
    paths = {(config.rootpath / Path(path)).resolve() for path in config.args}
    is_narrowed = option.keyword or option.markexpr or option.deselect or option.maxfail or getattr(option, "lf", False)
    return paths == {config.rootpath / "tests"} and not is_narrowed and not hasattr(config, "workerinput")


@pytest.fixture
def outcomes(request: pytest.FixtureRequest) -> Outcomes:
    """What ran in this session so far."""
    return request.config.stash[RAN_KEY]
