from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.web.api.problems import CATALOG
from tests.fakes.api import make_api

METHODS = ("get", "post", "put", "delete")


@pytest.fixture
async def document(tmp_path: Path) -> dict[str, Any]:
    async with make_api(tmp_path).client() as nobody:
        response = await nobody.get("/openapi.json")
    assert response.status_code == 200
    written: dict[str, Any] = response.json()
    return written


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for path in document["paths"].values() for name, each in path.items() if name in METHODS]


async def test_every_operation_says_what_it_does_and_needs(document: dict[str, Any]) -> None:
    for each in _operations(document):
        assert each["summary"]
        assert each["description"], each["operationId"]
        is_public = each["tags"] == ["public"]
        assert ("security" in each) != is_public
        assert is_public or {"401", "403", "404", "429", "500", "503"} - {"404"} <= set(each["responses"])
    names = [each["operationId"] for each in _operations(document)]
    assert len(names) == len(set(names)) == 17


async def test_every_problem_is_described_with_every_code_as_an_example(document: dict[str, Any]) -> None:
    shown = set()
    for each in _operations(document):
        for status, response in each["responses"].items():
            if status < "400":
                continue
            (media_type,) = response["content"]
            assert media_type == "application/problem+json"
            shown |= set(response["content"][media_type]["examples"])
    assert shown == set(CATALOG) - {"method_not_allowed"}


async def test_the_document_names_no_host_and_every_reference_is_there(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", "1.0.0")
    assert document["servers"] == [{"url": "/api/v1"}]
    assert re.findall(r"https?://(?!example)", text) == []
    for kind, name in set(re.findall(r'"#/components/(\w+)/([\w-]+)"', text)):
        assert name in document["components"][kind]
    assert "HTTPValidationError" not in text


async def test_streams_are_described(document: dict[str, Any]) -> None:
    streamed = {
        each["operationId"]
        for each in _operations(document)
        if "text/event-stream" in each["responses"].get("200", {}).get("content", {})
    }
    assert streamed == {"send_message", "follow_conversation"}
