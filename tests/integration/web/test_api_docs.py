"""``docs/api.md`` and ``docs/guide_client.py`` as partners try them: against a server, from first key to erasing."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from bot.answer.source import AnswerSource
from bot.cli.main import app as cli
from bot.conversation.limits import Limits
from bot.domain import GENERATIVE
from bot.index.encoders import open_encoder
from bot.index.loaded import CurrentIndex
from bot.settings import ROOT
from tests.fakes.answers import make_answer
from tests.fakes.api import EMERGENCY, Api, make_api, running, wait_until

Opens = Callable[..., AbstractContextManager[Any]]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def client_module() -> Any:
    spec = importlib.util.spec_from_file_location("guide_client", ROOT / "docs" / "guide_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["guide_client"] = module  # where dataclasses look for their annotations
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def api(tmp_path: Path, mini_index_dir: Path) -> Iterator[Api]:
    source = AnswerSource(index=CurrentIndex(index_dir=mini_index_dir), encoder_for=open_encoder)
    api = make_api(tmp_path, source=source)
    api.live.start()
    yield api
    api.live.stop()


@pytest.fixture
def scripted(tmp_path: Path) -> Api:
    return make_api(tmp_path, limits=Limits(max_chars=200))


@pytest.fixture
def guide_at(client_module: Any) -> Opens:
    """What serves an API and opens the client of the page for it."""

    @contextmanager
    def serve(api: Api, **options: Any) -> Iterator[Any]:
        with running(api.app) as address:
            url = address.removesuffix("/api/v1")
            with client_module.GuideClient(url, key=api.key, **options) as guide:
                yield guide

    return serve


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "jq"))), reason="bash, curl or jq is not installed")
def test_the_page_works_as_it_stands_from_the_first_key_to_the_end(api: Api) -> None:
    with running(api.app) as address:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(_blocks("bash"))],
            env={**os.environ, "GUIDE": address, "GUIDE_KEY": api.key},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    for promised in (
        "not medical advice",
        '"outcome": "answered"',
        "1 patient: What is CAR-T therapy?",
        "event: reply",
        "event: state",
        "event: message",
        '"position": 1',
        '"total": ',
    ):
        assert promised in done.stdout
    assert api.stores.audit.entries(limit=1)[0].action == "conversation.erased"


def test_the_commands_that_it_shows_exist() -> None:
    for line in "".join(_blocks("sh")).splitlines():
        verb = line.split()[1:3]
        done = CliRunner().invoke(cli, [*verb, "--help"], env={"COLUMNS": "160", "TERM": "dumb"})
        assert done.exit_code == 0, line
        assert [word for word in line.split() if word.startswith("--") and word not in done.output] == []


def test_the_client_goes_all_the_way(api: Api, guide_at: Opens, client_module: Any) -> None:
    with guide_at(api) as guide:
        talk = guide.open(region="GB", visitor="v-1")
        reply = guide.send(talk, "What is CAR-T therapy?")
        assert (reply.outcome, reply.is_urgent, reply.state) == ("answered", False, "bot")
        assert (reply.citations[0].marker, reply.citations[0].title) == (1, "What is CAR-T therapy?")
        streamed = guide.send(talk, "What is lupus?", on_progress=lambda text: None)
        assert streamed.outcome == "answered"
        assert guide.send(talk, EMERGENCY).is_urgent
        assert guide.ask_for_person(talk).state == "waiting"
        told: list[tuple[str, Any]] = []
        follower = threading.Thread(target=lambda: told.extend(guide.follow(talk, after=0)), daemon=True)
        follower.start()
        api.desk.take(conversation_id=talk.id, staff_id=api.staff_id, display_name="Grace")
        proof = guide.erase(talk)
        wait_until(lambda: not follower.is_alive())
        assert (proof["conversation_id"], told[-1][0]) == (talk.id, "erased")
        with pytest.raises(client_module.GuideError) as refused:
            guide.send(talk, "Hello?")
        guide.open(visitor="v-1")
        assert guide.erase_person(visitor="v-1")["rows"]["conversations"] == 1
    assert (refused.value.status, refused.value.code) == (404, "not_found")


def test_the_client_follows_an_answer_as_it_grows(scripted: Api, guide_at: Opens) -> None:
    whole = make_answer(answerer=GENERATIVE)
    goes_on, progress = threading.Event(), []

    def listen(text: str) -> None:
        progress.append(text)
        goes_on.set()

    scripted.source.growing = (replace(whole, text="A flare is"),)
    scripted.source.draft = whole
    scripted.source.before = lambda question: goes_on.wait(5)
    with guide_at(scripted) as guide:
        reply = guide.send(guide.open(), "What is a flare?", on_progress=listen)
    assert (progress[0], reply.text) == ("A flare is", whole.text)


@pytest.mark.parametrize("options", [{}, {"on_progress": lambda text: None}], ids=["whole", "stream"])
def test_the_client_sends_a_message_again_whose_answer_was_lost_and_it_is_kept_once(
    options: dict[str, Callable[[str], None]], scripted: Api, guide_at: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with guide_at(scripted) as guide:
        talk = guide.open()
        guide._http = _Losing(guide._http, times=2)
        reply = guide.send(talk, "What is a flare?", **options)
    lines = scripted.stores.transcripts.messages(conversation_id=talk.id)
    assert [line.id for line in lines][1:] == [reply.id]


def test_the_client_waits_where_that_helps_and_tells_where_it_does_not(
    scripted: Api, guide_at: Opens, client_module: Any
) -> None:
    with guide_at(scripted) as guide, pytest.raises(client_module.GuideError) as refused:
        guide.send(guide.open(), "a " * 200)
    assert (refused.value.code, refused.value.may_pass) == ("limit.too_long", False)
    assert refused.value.text is not None
    assert refused.value.text.startswith("That message is too long")


def test_the_client_names_who_writes(scripted: Api, guide_at: Opens, client_module: Any) -> None:
    sign = scripted.demand_identity()
    with guide_at(scripted) as nameless, pytest.raises(client_module.GuideError) as refused:
        nameless.open()
    with guide_at(scripted, identity=sign) as named:
        assert named.send(named.open(), "What is a flare?").outcome == "answered"
    assert refused.value.code == "identity_needed"


class _Losing:
    """An HTTP client that loses so many answers after they were given."""

    def __init__(self, http: httpx.Client, *, times: int) -> None:
        self._http = http
        self._left = times

    def request(self, *arguments: Any, **options: Any) -> httpx.Response:
        response = self._http.request(*arguments, **options)
        self._lose()
        return response

    def stream(self, *arguments: Any, **options: Any) -> Any:
        if self._left:
            self._http.request(*arguments, **options)
        self._lose()
        return self._http.stream(*arguments, **options)

    def close(self) -> None:
        self._http.close()

    def _lose(self) -> None:
        if self._left:
            self._left -= 1
            raise httpx.ReadError("lost")
