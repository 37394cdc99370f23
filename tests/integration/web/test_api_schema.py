"""The API against its own OpenAPI document: whatever is sent, the answer is one that the document describes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.conversation.limits import Limits
from bot.web.api.app import Bounds
from tests.fakes.api import Api, make_api

# For each operation and kind of data; together some 900 calls.
_EXAMPLES = 30
_LONGEST_S = 40.0
# It goes on for ever; its own tests read it.
_ENDLESS = "/events"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PUBLIC = "GET /problems"
OPERATIONS = (
    "DELETE /conversations/{conversation_id}",
    "DELETE /conversations/{conversation_id}/handoff",
    "DELETE /conversations/{conversation_id}/handoff/contact",
    "GET /conversations/{conversation_id}",
    "GET /conversations/{conversation_id}/export",
    "GET /conversations/{conversation_id}/handoff",
    "GET /conversations/{conversation_id}/messages",
    "GET /problems",
    "POST /conversations",
    "POST /conversations/{conversation_id}/feedback",
    "POST /conversations/{conversation_id}/handoff",
    "POST /conversations/{conversation_id}/messages",
    "POST /erasures",
    "PUT /conversations/{conversation_id}/handoff/contact",
    "PUT /conversations/{conversation_id}/handoff/rating",
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Api:
    return make_api(
        tmp_path_factory.mktemp("schema"), bounds=Bounds(requests_per_minute=1_000_000), limits=Limits(max_chars=20_000)
    )


@pytest.fixture(scope="module")
def operations(api: Api) -> dict[str, Any]:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", api.app)
    schema.validate()
    found = [each.ok() for each in schema.get_all_operations()]
    return {each.label: each for each in found if not each.path.endswith(_ENDLESS)}


def _place(case: Case, api: Api) -> None:
    """Let a case be about a conversation that there is."""
    if "conversation_id" in (case.path_parameters or {}):
        talk = api.service.open(visitor_id="v", channel="api", partner_id="st-mary")
        case.path_parameters["conversation_id"] = talk.id


def _try(
    operation: Any, modes: Sequence[GenerationMode], check: Callable[[Case, bool], None], *, examples: int = _EXAMPLES
) -> None:
    for mode in modes:

        @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
        def one(case: Case, is_there: bool) -> None:
            check(case, is_there)

        one()


def test_every_operation_is_tried(operations: dict[str, Any]) -> None:
    assert tuple(sorted(operations)) == OPERATIONS


@pytest.mark.parametrize("label", OPERATIONS)
def test_whatever_a_partner_sends_is_answered_as_described(label: str, api: Api, operations: dict[str, Any]) -> None:
    begun = time.monotonic()

    def check(case: Case, is_there: bool) -> None:
        if is_there:
            _place(case, api)
        response = case.call(headers={"Authorization": f"Bearer {api.key}"})
        case.validate_response(response, checks=CHECKS)

    # Where nothing is asked for, nothing asked can be wrong.
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if label != PUBLIC else [])]
    _try(operations[label], modes, check)
    assert time.monotonic() - begun < _LONGEST_S


@pytest.mark.parametrize("label", OPERATIONS)
def test_whatever_nobody_sends_is_refused_as_described(label: str, api: Api, operations: dict[str, Any]) -> None:
    def check(case: Case, is_there: bool) -> None:
        response = case.call(headers={"Authorization": "Bearer guide_nobody_x"} if is_there else {})
        case.validate_response(response, checks=CHECKS)
        assert response.status_code in ((200,) if label == PUBLIC else (401, 413, 415, 429))

    _try(operations[label], [GenerationMode.POSITIVE], check, examples=10)


@pytest.mark.parametrize(
    "label",
    [
        "POST /conversations",
        "GET /conversations/{conversation_id}/messages",
        "POST /conversations/{conversation_id}/messages",
    ],
)
def test_what_is_as_described_is_taken_and_all_else_is_not(label: str, api: Api, operations: dict[str, Any]) -> None:
    def check(case: Case, is_there: bool) -> None:
        if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
            _place(case, api)  # with it, a case that is wrong in its path would be right
        response = case.call(headers={"Authorization": f"Bearer {api.key}"})
        case.validate_response(response, checks=[positive_data_acceptance, negative_data_rejection])

    _try(operations[label], [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], check)
