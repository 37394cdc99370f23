from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.api import Api, make_api


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return make_api(tmp_path)


class Patient:
    """One patient's conversation, and what they do in it."""

    def __init__(self, client: httpx.AsyncClient, conversation_id: str) -> None:
        self.client = client
        self.conversation_id = conversation_id

    async def do(self, method: str, path: str = "", **options: Any) -> tuple[int, dict[str, Any]]:
        response = await self.client.request(method, f"/conversations/{self.conversation_id}/handoff{path}", **options)
        return response.status_code, response.json()


async def _patient(api: Api) -> Patient:
    opened = await api.open()
    return Patient(api.client(opened["token"]), opened["conversation_id"])


async def test_the_way_to_a_person_and_back(api: Api) -> None:
    patient = await _patient(api)
    assert (await patient.do("GET"))[1]["state"] == "bot"
    status, reply = await patient.do("POST")
    assert (status, reply["outcome"], reply["reason"]) == (200, "handoff", "asked_for_person")
    status, view = await patient.do("GET")
    assert view == {
        "state": "waiting",
        "step": "You are number 1 in line for a person. Until then the guide goes on answering.",
        "position": 1,
        "since": "2026-11-23T09:00:00+00:00",
        "person": None,
        "hours": None,
        "is_open": True,
        "is_overdue": False,
        "contacts": [],
        "may_rate": False,
    }
    api.desk.take(conversation_id=patient.conversation_id, staff_id=api.staff_id, display_name="Grace")
    view = (await patient.do("GET"))[1]
    assert (view["state"], view["person"]) == ("human", "Grace")
    view = (await patient.do("DELETE"))[1]
    assert (view["state"], view["may_rate"]) == ("bot", True)
    assert (await patient.do("PUT", "/rating", json={"rating": 5}))[1]["may_rate"] is False
    assert (await patient.do("DELETE"))[0] == 200


async def test_a_contact_is_left_shown_by_its_kind_and_withdrawn(api: Api) -> None:
    patient = await _patient(api)
    await patient.do("POST")
    contact = {"kind": "email", "value": "rosa@example.org", "consent": True}
    status, view = await patient.do("PUT", "/contact", json=contact)
    assert (status, view["contacts"], "rosa" in str(view)) == (200, ["email"], False)
    assert (await patient.do("DELETE", "/contact"))[1]["contacts"] == []
    assert (await patient.do("DELETE", "/contact"))[0] == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"consent": False}, "consent", id="no-consent"),
        pytest.param({"value": "rosa"}, "contact_email", id="no-address"),
        pytest.param({"kind": "phone"}, "contact_phone", id="no-number"),
    ],
)
async def test_a_contact_that_cannot_be_kept_is_told_in_words_for_the_patient(
    change: dict[str, Any], code: str, api: Api
) -> None:
    patient = await _patient(api)
    await patient.do("POST")
    status, problem = await patient.do(
        "PUT", "/contact", json={"kind": "email", "value": "rosa@example.org", "consent": True, **change}
    )
    assert (status, problem["code"], problem["text"]) == (422, code, api.desk.contact_problem(code))


async def test_without_a_request_there_is_nothing_to_rate_or_to_leave(api: Api) -> None:
    patient = await _patient(api)
    contact = {"kind": "email", "value": "rosa@example.org", "consent": True}
    for path, body in (("/contact", contact), ("/rating", {"rating": 3})):
        status, problem = await patient.do("PUT", path, json=body)
        assert (status, problem["code"]) == (409, "not_waiting")
