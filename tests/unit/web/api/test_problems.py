from __future__ import annotations

import json
import re

import pytest

from bot.conversation.identity import IdentityError
from bot.errors import BotError, FloorError, LimitError, NotFoundError, StoreError
from bot.settings import ROOT
from bot.web.api.problems import CATALOG, MEDIA_TYPE, Problem, problem_of, retry_after


def test_a_problem_is_a_whole_document() -> None:
    response = Problem("not_waiting", extra={"text": "You are not in line."}).response()
    assert (response.status_code, response.headers["content-type"]) == (409, MEDIA_TYPE)
    assert json.loads(bytes(response.body)) == {
        "type": "/api/v1/problems#not_waiting",
        "title": "Nobody waits",
        "status": 409,
        "detail": "No person was asked for, or the talk is over.",
        "code": "not_waiting",
        "text": "You are not in line.",
    }


@pytest.mark.parametrize("code", sorted(CATALOG))
def test_every_code_has_words_and_an_error_status(code: str) -> None:
    kind = CATALOG[code]
    assert 400 <= kind.status < 600
    assert kind.title
    assert kind.detail.endswith(".")
    assert ("www-authenticate" in Problem(code).headers) == (kind.status == 401)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(NotFoundError("x"), "not_found", id="not-found"),
        pytest.param(FloorError("x", code="not_waiting"), "not_waiting", id="floor"),
        pytest.param(LimitError("x", code="consent"), "consent", id="limit"),
        pytest.param(LimitError("x", code="strange"), "unavailable", id="unknown-limit"),
        pytest.param(IdentityError("x", code="identity_expired"), "identity_expired", id="identity"),
        pytest.param(IdentityError("x", code="identity_strange"), "identity_refused", id="unknown-identity"),
        pytest.param(StoreError("x"), "unavailable", id="store"),
        pytest.param(BotError("x"), "unavailable", id="any-other"),
    ],
)
def test_each_error_of_ours_has_a_code(error: BotError, code: str) -> None:
    assert problem_of(error).code == code


def test_the_driver_of_a_database_is_not_quoted() -> None:
    problem = problem_of(StoreError("The database /srv/transcripts.db is on a full disk."))
    assert "/srv" not in json.dumps(problem.document())
    assert problem.headers == {"retry-after": "5"}


@pytest.mark.parametrize(("seconds", "written"), [(0, "1"), (0.2, "1"), (59.01, "60"), (60, "60")])
def test_nobody_is_told_to_come_back_too_early(seconds: float, written: str) -> None:
    assert retry_after(seconds) == {"retry-after": written}


def test_the_page_for_partners_lists_every_code_with_its_status() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = {code: int(status) for status, code in re.findall(r"^\| (\d{3}) \| `([a-z_.]+)` \|", page, re.MULTILINE)}
    assert listed == {code: kind.status for code, kind in CATALOG.items()}
