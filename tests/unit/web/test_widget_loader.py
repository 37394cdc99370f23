from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.web.widget.loader import LOADERS_DIR, read_loaders, tag, widget_router

# A portal's page may name a version with its digest for years. Add a line for a new version; never change one.
RELEASED = {
    "1.0.0": "5d132519cd2226d3b69afb8b3aae504e982c313658ab655dad5c74f9ea0e4464",
}
MAX_PACKED_BYTES = 5 * 1024
NEWEST = list(RELEASED)[-1]
SCRIPT = (LOADERS_DIR / f"{NEWEST}.js").read_bytes()
SHARED_HEADERS = {
    "content-type": "text/javascript; charset=utf-8",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
    "vary": "accept-encoding",
}


def client_of(loaders_dir: Path = LOADERS_DIR) -> TestClient:
    app = FastAPI()
    app.include_router(widget_router(loaders_dir))
    return TestClient(app, headers={"accept-encoding": "identity"})


@pytest.fixture
def client() -> TestClient:
    return client_of()


def test_released_loaders_are_never_edited() -> None:
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in LOADERS_DIR.glob("*.js")}
    assert found == RELEASED


@pytest.mark.parametrize("path", sorted(LOADERS_DIR.glob("*.js")), ids=lambda path: path.stem)
def test_a_loader_is_small_ascii_and_knows_its_version(path: Path) -> None:
    script = path.read_bytes()
    assert script.isascii()
    assert len(gzip.compress(script, compresslevel=9, mtime=0)) <= MAX_PACKED_BYTES
    assert f'version: "{path.stem}"' in script.decode("ascii")


@pytest.mark.parametrize("path", sorted(LOADERS_DIR.glob("*.js")), ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "banned",
    ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "Storage", "cookie", "style="],
)
def test_a_loader_uses_nothing_that_a_strict_page_forbids(path: Path, banned: str) -> None:
    assert banned not in path.read_text("ascii")


@pytest.mark.parametrize(
    ("path", "cache_control"),
    [
        ("/widget.js", "public, max-age=3600, stale-while-revalidate=86400"),
        (f"/widget/{NEWEST}.js", "public, max-age=31536000, immutable"),
    ],
    ids=["newest", "released"],
)
def test_serves_the_script_with_headers_for_every_page(client: TestClient, path: str, cache_control: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.content) == (200, SCRIPT)
    assert {name: answer.headers[name] for name in SHARED_HEADERS} == SHARED_HEADERS
    assert answer.headers["cache-control"] == cache_control
    assert "content-encoding" not in answer.headers

    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == answer.headers["etag"]
    assert head.headers["content-length"] == str(len(SCRIPT))


def test_an_unknown_version_is_told_so_as_text(client: TestClient) -> None:
    for path in ("/widget/9.9.9.js", "/widget/..%2floader.py.js", "/widget/latest.js"):
        answer = client.get(path)
        assert answer.status_code == 404
    answer = client.get("/widget/9.9.9.js")
    assert answer.text == "There is no such version of the widget.\n"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_known_script_is_not_sent_again(client: TestClient) -> None:
    etag = client.get("/widget.js").headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = client.get("/widget.js", headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert answer.headers["access-control-allow-origin"] == "*"
    assert client.get("/widget.js", headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("*;q=0", False),
        ("gzip;q=none", False),
        ("br", False),
        ("", False),
    ],
)
def test_packs_where_the_browser_takes_it(client: TestClient, accepted: str, is_packed: bool) -> None:
    answer = client.get("/widget.js", headers={"accept-encoding": accepted})
    assert answer.content == SCRIPT  # the client unpacks
    assert (answer.headers.get("content-encoding") == "gzip") == is_packed
    assert answer.headers["etag"].endswith('-gzip"') == is_packed
    if is_packed:
        assert int(answer.headers["content-length"]) <= MAX_PACKED_BYTES


def test_packed_and_plain_have_different_tags_and_each_knows_only_its_own(client: TestClient) -> None:
    plain = client.get("/widget.js").headers["etag"]
    packed = {"accept-encoding": "gzip", "if-none-match": plain}
    assert client.get("/widget.js", headers=packed).status_code == 200


def test_the_newest_is_the_highest_number_and_not_the_last_name(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.11"):
        (tmp_path / f"{version}.js").write_text(f"// {version}\n", "ascii")
    (tmp_path / "2.0.0-draft.js").write_text("// not released\n", "ascii")
    assert list(read_loaders(tmp_path)) == ["1.2.11", "1.9.0", "1.10.0"]
    client = client_of(tmp_path)
    assert client.get("/widget.js").text == "// 1.10.0\n"
    assert client.get("/widget/1.9.0.js").text == "// 1.9.0\n"
    assert client.get("/widget/2.0.0-draft.js").status_code == 404


def test_refuses_to_start_without_a_loader(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="install the package with its"):
        widget_router(tmp_path)


def test_writes_the_tag_of_the_newest() -> None:
    assert tag(origin="https://guide.example.org", partner_id="st-mary") == (
        '<script src="https://guide.example.org/widget.js" data-partner="st-mary" async></script>'
    )


def test_writes_the_tag_of_a_version_with_the_digest_of_what_is_served(client: TestClient) -> None:
    digest = base64.b64encode(hashlib.sha384(client.get(f"/widget/{NEWEST}.js").content).digest()).decode()
    assert tag(origin="https://guide.example.org", partner_id="st-mary", version=NEWEST) == (
        f'<script src="https://guide.example.org/widget/{NEWEST}.js" integrity="sha384-{digest}" '
        'crossorigin="anonymous" data-partner="st-mary" async></script>'
    )


def test_a_tag_is_escaped_and_an_unknown_version_refused() -> None:
    assert 'data-partner="&quot;&gt;&lt;b&gt;"' in tag(origin="https://a.example", partner_id='"><b>')
    with pytest.raises(KeyError):
        tag(origin="https://a.example", partner_id="st-mary", version="9.9.9")


def test_the_documentation_names_the_newest_version_and_its_digest() -> None:
    text = Path("docs/widget.md").read_text("utf-8")
    shown: Callable[[str], bool] = text.__contains__
    assert shown(tag(origin="https://guide.example.org", partner_id="st-mary"))
    assert shown(tag(origin="https://guide.example.org", partner_id="st-mary", version=NEWEST))
