from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any, cast

import pytest

from bot.conversation.identity import Identities, IdentityError, Signed
from bot.conversation.partners import Partners
from bot.db.partner_values import IdentityMode, KeyKind, Partner, PartnerKey
from bot.db.partners import blank_partner
from bot.domain import Conversation, Speaker
from bot.errors import BotError, NotFoundError, StoreError
from bot.web.api.access import Access, Caller, Credentials
from bot.web.api.problems import Problem
from bot.web.api.rates import Rates
from bot.web.api.tokens import Tokens

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KEY = "guide_k1_secret"
TALK = "aaaaaaaa-0000-4000-8000-000000000001"
OTHER = "aaaaaaaa-0000-4000-8000-000000000002"


class Record:
    """Keys, partners and conversations that a test breaks: `failure` is raised by all, where there is one."""

    def __init__(self) -> None:
        self.failure: BotError | None = None
        self.works = True
        self.partner = blank_partner(partner_id="st-mary", name="St Mary", now=NOW)
        self.talk: Conversation | None = Conversation(
            TALK, "v1", Speaker.BOT, "api", "en", NOW, NOW, partner_id="st-mary"
        )
        self.signed: Signed | Exception = Signed("v1", NOW)
        self.channels: list[str] = []
        self.looked_up = 0

    def everyone(self) -> list[Partner]:
        self._check()
        return [self.partner]

    def api_key(self, *, shown: str, now: datetime) -> PartnerKey | None:
        self.looked_up += 1
        self._check()
        return PartnerKey("k1", "st-mary", KeyKind.API, NOW) if shown == KEY and self.works else None

    def working_key(self, *, partner_id: str, key_id: str, kind: KeyKind, now: datetime) -> PartnerKey | None:
        self._check()
        return PartnerKey(key_id, partner_id, kind, NOW) if self.works else None

    def conversation(self, *, conversation_id: str, visitor_id: str | None = None) -> Conversation:
        self._check()
        if self.talk is None or conversation_id != self.talk.id:
            raise NotFoundError("none")
        return self.talk

    def read(self, token: str, *, partner_id: str, channel: str) -> Signed:
        self._check()
        self.channels.append(channel)
        if isinstance(self.signed, Exception):
            raise self.signed
        return self.signed

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(secret="s" * 32, clock=lambda: NOW)


@pytest.fixture
def access(record: Record, tokens: Tokens) -> Access:
    return Access(
        partners=Partners(record, clock=count(step=1000).__next__),
        keys=record,
        conversations=record,
        identities=cast("Identities", record),
        tokens=tokens,
        rates=Rates(requests_per_minute=1, failures_per_minute=2),
        clock=lambda: NOW,
    )


def _bearer(shown: str, **more: Any) -> Credentials:
    return Credentials(f"Bearer {shown}", **more)


def _token(tokens: Tokens, **changes: str) -> str:
    parts = {"partner_id": "st-mary", "key_id": "k1", "visitor_id": "v1", "conversation_id": TALK, **changes}
    return tokens.give(**parts)[0]


def _code(access: Access, credentials: Credentials) -> str:
    with pytest.raises(Problem) as refused:
        access.caller(credentials)
    return refused.value.code


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        pytest.param(Credentials(None), "unauthorized", id="nothing"),
        pytest.param(Credentials(""), "unauthorized", id="empty"),
        pytest.param(Credentials("Bearer "), "unauthorized", id="no-key"),
        pytest.param(Credentials(f"Basic {KEY}"), "unauthorized", id="basic"),
        pytest.param(_bearer("guide_k1_wrong"), "key_refused", id="wrong-key"),
        pytest.param(_bearer("guide_" + "a" * 3000), "key_refused", id="huge-key"),
        pytest.param(_bearer("guide_k1_sécret"), "key_refused", id="not-ascii"),
        pytest.param(_bearer("talk_nonsense"), "token_refused", id="wrong-token"),
        pytest.param(_bearer("nonsense"), "token_refused", id="neither"),
        pytest.param(_bearer(KEY, has_origin=True), "key_in_browser", id="key-in-browser"),
    ],
)
def test_nobody_else_is_let_in(credentials: Credentials, code: str, access: Access) -> None:
    assert _code(access, credentials) == code


def test_key_and_token_are_let_in(access: Access, record: Record, tokens: Tokens) -> None:
    assert access.caller(Credentials(f"bearer  {KEY} ")) == Caller(record.partner, "k1")
    caller = access.caller(_bearer(_token(tokens), has_origin=True))
    assert (caller.key_id, caller.claims and caller.claims.conversation_id) == ("k1", TALK)


def test_a_partner_that_is_switched_off_is_nobody(access: Access, record: Record, tokens: Tokens) -> None:
    record.partner = blank_partner(partner_id="another", name="x", now=NOW)
    assert _code(access, _bearer(KEY)) == "key_refused"
    assert _code(access, _bearer(_token(tokens))) == "token_refused"


def test_a_token_ends_with_its_key(access: Access, record: Record, tokens: Tokens) -> None:
    caller = access.caller(_bearer(_token(tokens)))
    assert access.still_works(caller)
    record.works = False
    assert _code(access, _bearer(_token(tokens))) == "token_refused"
    assert not access.still_works(caller)


def test_who_is_wrong_too_often_waits_and_who_is_right_does_not(access: Access, tokens: Tokens) -> None:
    never_seen, token = _bearer(KEY, address="192.0.2.1"), _bearer(_token(tokens), address="192.0.2.1")
    wrong = _bearer("guide_k1_wrong", address="192.0.2.1")
    codes = [_code(access, wrong) for _ in range(4)]
    assert codes == ["key_refused", "key_refused", "too_many_failures", "too_many_failures"]
    assert (access.caller(never_seen).key_id, access.caller(token).key_id) == ("k1", "k1")
    assert _code(access, _bearer("guide_k1_wrong", address="192.0.2.2")) == "key_refused"


def test_a_known_key_and_any_token_work_while_the_database_is_away(
    access: Access, record: Record, tokens: Tokens
) -> None:
    caller = access.caller(_bearer(KEY))
    record.failure = StoreError("away")
    assert access.caller(_bearer(KEY)) == caller
    assert access.caller(_bearer(_token(tokens))).key_id == "k1"
    assert access.still_works(caller)
    assert _code(access, _bearer("guide_k1_other")) == "unavailable"


def test_a_key_that_was_revoked_is_not_remembered(access: Access, record: Record) -> None:
    access.caller(_bearer(KEY))
    record.works = False
    assert _code(access, _bearer(KEY)) == "key_refused"
    record.failure = StoreError("away")
    assert _code(access, _bearer(KEY)) == "unavailable"


def _whose_code(access: Access, caller: Caller, conversation_id: str, identity: str | None = None) -> str:
    with pytest.raises(Problem) as refused:
        access.whose(caller, conversation_id, identity=identity)
    return refused.value.code


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param({"partner_id": "elsewhere"}, id="another-partner"),
        pytest.param({"partner_id": None}, id="no-partner"),
        pytest.param({"channel": "chat"}, id="chat-page"),
    ],
)
def test_a_conversation_of_somebody_else_does_not_exist(talk: dict[str, Any], access: Access, record: Record) -> None:
    caller = access.caller(_bearer(KEY))
    assert access.whose(caller, TALK, identity=None).visitor_id == "v1"
    values = {"partner_id": "st-mary", "channel": "api", **talk}
    record.talk = Conversation(
        TALK, "v1", Speaker.BOT, values["channel"], "en", NOW, NOW, partner_id=values["partner_id"]
    )
    assert _whose_code(access, caller, TALK) == "not_found"


@pytest.mark.parametrize("conversation_id", [OTHER, "", "x", TALK.upper(), "é" * 36, f"{TALK}'"])
def test_what_is_no_conversation_is_not_found(conversation_id: str, access: Access, tokens: Tokens) -> None:
    for credentials in (_bearer(KEY), _bearer(_token(tokens))):
        assert _whose_code(access, access.caller(credentials), conversation_id) == "not_found"


def test_one_that_the_record_does_not_have_yet_is_remembered(access: Access, record: Record) -> None:
    caller = access.caller(_bearer(KEY))
    access.remember(OTHER, visitor_id="v2", partner_id="st-mary")
    assert access.whose(caller, OTHER, identity=None).visitor_id == "v2"
    access.remember(OTHER, visitor_id="v2", partner_id="elsewhere")
    assert _whose_code(access, caller, OTHER) == "not_found"


def test_without_the_record_only_what_is_remembered_is_known(access: Access, record: Record, tokens: Tokens) -> None:
    caller, holder = access.caller(_bearer(KEY)), access.caller(_bearer(_token(tokens)))
    record.failure = StoreError("away")
    unknown = access.whose(caller, TALK, identity=None)
    assert (unknown.visitor_id, unknown.hindrance and unknown.hindrance.code) == ("", "unavailable")
    known = access.whose(holder, TALK, identity=None)
    assert (known.visitor_id, known.hindrance) == ("v1", None)


@pytest.mark.parametrize(
    ("mode", "sent", "hindrance"),
    [
        (IdentityMode.NONE, None, None),
        (IdentityMode.NONE, "bad", None),
        (IdentityMode.OPTIONAL, None, None),
        (IdentityMode.OPTIONAL, "bad", "identity_expired"),
        (IdentityMode.REQUIRED, None, "identity_expired"),
        (IdentityMode.REQUIRED, "bad", "identity_expired"),
    ],
)
def test_a_signed_user_id_is_asked_for_as_the_partner_wants(
    mode: IdentityMode, sent: str | None, hindrance: str | None, access: Access, record: Record
) -> None:
    record.partner = Partner(id="st-mary", name="x", created_at=NOW, updated_at=NOW, identity=mode)
    record.signed = IdentityError("x", code="identity_expired")
    whose = access.whose(access.caller(_bearer(KEY)), TALK, identity=sent)
    assert (whose.visitor_id, whose.hindrance and whose.hindrance.code) == ("v1", hindrance)


def test_a_signed_user_id_is_read_for_the_api_alone(access: Access, record: Record) -> None:
    record.partner = Partner(id="st-mary", name="x", created_at=NOW, updated_at=NOW, identity=IdentityMode.REQUIRED)
    access.whose(access.caller(_bearer(KEY)), TALK, identity="good")
    assert record.channels == ["api"]


@pytest.mark.parametrize("failure", [OverflowError("x"), ValueError("rosa"), RuntimeError("x"), KeyError("x")])
def test_a_signed_user_id_that_breaks_its_reader_is_refused_and_no_more(
    failure: Exception, access: Access, record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    record.partner = Partner(id="st-mary", name="x", created_at=NOW, updated_at=NOW, identity=IdentityMode.REQUIRED)
    record.signed = failure
    caller = access.caller(_bearer(KEY))
    whose = access.whose(caller, TALK, identity="odd")
    assert (whose.visitor_id, whose.hindrance and whose.hindrance.code) == ("v1", "identity_refused")
    with pytest.raises(IdentityError):
        access.signed(caller, "odd")
    assert "rosa" not in caplog.text


def test_the_conversation_of_another_signed_user_does_not_exist(access: Access, record: Record) -> None:
    record.partner = Partner(id="st-mary", name="x", created_at=NOW, updated_at=NOW, identity=IdentityMode.REQUIRED)
    caller = access.caller(_bearer(KEY))
    assert access.whose(caller, TALK, identity="good").signed_until == NOW
    record.signed = Signed("v2", NOW)
    assert _whose_code(access, caller, TALK, "good") == "not_found"
