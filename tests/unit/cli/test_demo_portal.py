"""The made-up portal: where it is, what it may load, and that its word for who is there is taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.cli.demo_portal import PARTNER_ID, Sites, add_portal, portal_app, sites_of
from bot.conversation.identity import Identities
from bot.db.partner_values import IdentityMode
from bot.db.stores import Stores
from bot.errors import SettingsError
from bot.settings import Settings
from tests.fakes.stores import QuickStore

MASTER = "a-secret-for-tests-of-more-than-32-characters"


def test_portal_and_guide_are_two_sites() -> None:
    assert sites_of(Settings(host="127.0.0.1", port=8000), portal_port=8090) == Sites(
        guide="http://127.0.0.1:8000", portal="http://localhost:8090"
    )
    assert sites_of(Settings(host="localhost", port=8001), portal_port=8090) == Sites(
        guide="http://localhost:8001", portal="http://127.0.0.1:8090"
    )


@pytest.mark.parametrize(
    ("changes", "portal_port"),
    [
        pytest.param({"host": "192.168.1.10"}, 8090, id="open_to_the_network"),
        pytest.param({"public_url": "https://guide.example.org"}, 8090, id="a_real_guide"),
        pytest.param({}, 8000, id="one_port_for_both"),
    ],
)
def test_it_is_for_this_machine_alone(changes: dict[str, str], portal_port: int) -> None:
    with pytest.raises(SettingsError):
        sites_of(Settings(**changes), portal_port=portal_port)  # type: ignore[arg-type]


async def test_the_portal_has_one_tag_a_strict_policy_and_a_visitor_whom_the_guide_knows(tmp_path: Path) -> None:
    record = QuickStore(tmp_path / "record.db")
    stores = Stores.over(record.engine)
    key_id = add_portal(stores, portal="http://localhost:8090")
    assert add_portal(stores, portal="http://localhost:8091") == key_id  # again, elsewhere: the same partner and key
    partner = stores.partners.get(partner_id=PARTNER_ID)
    assert (partner.origins, partner.identity) == (("http://localhost:8091",), IdentityMode.OPTIONAL)
    app = portal_app(tag="<script src='x'></script>", guide="http://127.0.0.1:8000", key_id=key_id, master=MASTER)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost:8091") as client:
        page = await client.get("/")
        files = [(await client.get(path)).status_code for path in ("/portal.css", "/portal.js")]
        token = (await client.get("/identity")).json()["identity"]
    assert page.text.count("<script src='x'></script>") == 1
    assert "script-src 'self' http://127.0.0.1:8000;" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert files == [200, 200]
    signed = Identities(master=MASTER, keys=stores.partners).read(token, partner_id=PARTNER_ID, channel="widget")
    assert timedelta(minutes=4) < signed.until - datetime.now(UTC) <= timedelta(minutes=5)
    record.close()
