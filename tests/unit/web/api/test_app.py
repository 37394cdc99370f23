from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.web.api.app import create_api
from bot.web.api.problems import CATALOG
from tests.fakes.api import make_api


async def test_everybody_may_read_what_there_is_and_what_can_go_wrong(tmp_path: Path) -> None:
    async with make_api(tmp_path).client() as nobody:
        document, codes = await nobody.get("/openapi.json"), await nobody.get("/problems")
    assert document.json()["info"]["title"] == "Lupus & CAR-T Guide"
    assert {each["code"]: each["status"] for each in codes.json()} == {c: k.status for c, k in CATALOG.items()}
    assert document.headers["cache-control"] == "no-store"


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    api = make_api(tmp_path)
    with pytest.raises(SettingsError):
        create_api(
            service=api.service,
            desk=api.desk,
            live=api.live,
            stores=api.stores,
            partners=None,  # type: ignore[arg-type]  # never asked
            identities=None,  # type: ignore[arg-type]  # never asked
            secret="short",
        )
