from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from bot.web.chat_assets import Assets

SCRIPT = b"const guide = 1;" * 500


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    source = tmp_path / "source"
    source.mkdir()
    (source / "index-abc.js").write_bytes(SCRIPT)
    (source / "other-abc.js").write_bytes(SCRIPT)
    (source / "index-abc.js.map").write_bytes(b"{}")
    (tmp_path / "secret.js").write_bytes(b"secret")
    return source, tmp_path / "packed"


def _client(folders: tuple[Path, Path]) -> httpx.AsyncClient:
    assets = Assets(source_dir=folders[0], packed_dir=folders[1])
    assets.pack()
    app = FastAPI()
    app.add_api_route("/assets/{name}", assets.serve)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://guide.test")


async def test_serves_the_packed_copy_to_a_browser_that_takes_it(folders: tuple[Path, Path]) -> None:
    async with _client(folders) as client:
        response = await client.get("/assets/index-abc.js", headers={"Accept-Encoding": "gzip, br"})
    assert (response.headers["content-encoding"], response.headers["vary"]) == ("gzip", "accept-encoding")
    assert int(response.headers["content-length"]) < len(SCRIPT)
    assert response.content == SCRIPT


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        pytest.param("index-abc.js", "identity", id="plain_wanted"),
        pytest.param("other-abc.js", "gzip", id="not_packed"),
    ],
)
async def test_serves_the_file_itself_otherwise(folders: tuple[Path, Path], name: str, accepted: str) -> None:
    async with _client(folders) as client:
        response = await client.get(f"/assets/{name}", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in response.headers
    assert response.content == SCRIPT


@pytest.mark.parametrize("name", ["index-abc.js.map", "missing.js", "..%2Fsecret.js", "%2e%2e"])
async def test_serves_nothing_else(folders: tuple[Path, Path], name: str) -> None:
    async with _client(folders) as client:
        assert (await client.get(f"/assets/{name}")).status_code == 404


def test_packs_each_file_once(folders: tuple[Path, Path]) -> None:
    assets = Assets(source_dir=folders[0], packed_dir=folders[1])
    assets.pack()
    packed = folders[1] / "index-abc.js.gz"
    first = packed.stat().st_mtime_ns
    assets.pack()
    assert packed.stat().st_mtime_ns == first
    assert gzip.decompress(packed.read_bytes()) == SCRIPT
    assert [path.name for path in folders[1].iterdir()] == ["index-abc.js.gz"]
