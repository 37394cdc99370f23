"""Who calls, and whose conversation it is.

A caller has a partner's key, or the token of one conversation, which lives as long as its key does. What cannot be
looked up because the database is away is taken from memory, so that an emergency told then gets its reply.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from bot.conversation.identity import Identities, IdentityError, Signed
from bot.conversation.partners import Partners
from bot.conversation.record import code_of
from bot.db.door import is_uuid4
from bot.db.partner_values import IdentityMode, KeyKind, Partner, PartnerKey
from bot.db.partners import KEY_PREFIX
from bot.domain import Conversation
from bot.errors import NotFoundError, StoreError
from bot.web.api.problems import Problem, problem_of, retry_after
from bot.web.api.rates import Rates
from bot.web.api.tokens import Claims, Tokens

logger = logging.getLogger(__name__)
T = TypeVar("T")

CHANNEL = "api"
_MOST_CHARS = 2000
_MOST_KEYS = 1_000
# Some hundred bytes each.
_MOST_CONVERSATIONS = 10_000


class KeyStore(Protocol):
    """Where keys are kept; see `bot.db.partners.PartnerStore`."""

    def api_key(self, *, shown: str, now: datetime) -> PartnerKey | None:
        """Return whose API key this is; None: it is none, or no longer works."""

    def working_key(self, *, partner_id: str, key_id: str, kind: KeyKind, now: datetime) -> PartnerKey | None:
        """Return a partner's key of this id and kind that works now."""


class Conversations(Protocol):
    """Where conversations are kept; see `bot.db.transcripts.TranscriptStore`."""

    def conversation(self, *, conversation_id: str, visitor_id: str | None = None) -> Conversation:
        """Read a conversation."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says of its caller.

    Attributes:
        authorization: The header; None: there is none.
        has_origin: A browser's page sent it.
        address: The network address it came from.
    """

    authorization: str | None
    has_origin: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; `claims` are those of a token, None for the key itself."""

    partner: Partner
    key_id: str
    claims: Claims | None = None

    @property
    def talk_id(self) -> str | None:
        """Return the conversation of a token; None: it is the key itself."""
        return None if self.claims is None else self.claims.conversation_id


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose conversation a call is about.

    Attributes:
        visitor_id: Its patient; empty where the record cannot be read.
        hindrance: Why nothing of it may be read, nor anything be said but in an emergency; None: all is well.
        signed_until: When the patient has to be named again; None: they need not be.
    """

    conversation_id: str
    visitor_id: str
    hindrance: Problem | None = None
    signed_until: datetime | None = None


class Access:
    """Lets callers in.

    Args:
        partners: Who the partners are.
        keys: Their keys.
        conversations: Whose they are.
        identities: Reads signed user ids.
        tokens: Reads tokens.
        rates: Counts those who are wrong.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        partners: Partners,
        keys: KeyStore,
        conversations: Conversations,
        identities: Identities,
        tokens: Tokens,
        rates: Rates,
        clock: Callable[[], datetime],
    ) -> None:
        self._partners = partners
        self._keys = keys
        self._conversations = conversations
        self._identities = identities
        self._tokens = tokens
        self._rates = rates
        self._clock = clock
        self._known_keys: _Memory[PartnerKey] = _Memory(_MOST_KEYS)
        self._owners: _Memory[tuple[str, str]] = _Memory(_MOST_CONVERSATIONS)

    def caller(self, credentials: Credentials) -> Caller:
        """Return who calls.

        Raises:
            Problem: Nobody we know: ``unauthorized``, ``key_refused``, ``token_refused``, ``too_many_failures``;
                ``key_in_browser``; ``unavailable``: the keys cannot be looked up.
        """
        scheme, _, shown = (credentials.authorization or "").partition(" ")
        shown = shown.strip()
        if scheme.lower() != "bearer" or not shown:
            raise Problem("unauthorized")
        if shown.startswith(f"{KEY_PREFIX}_"):
            if credentials.has_origin:
                raise Problem("key_in_browser")
            return self._with_key(shown, credentials.address)
        return self._with_token(shown, credentials.address)

    def still_works(self, caller: Caller) -> bool:
        """Tell whether a caller of a while ago would be let in now; what cannot be looked up has not changed."""
        try:
            key = self._key(caller.partner.id, caller.key_id)
        except StoreError:
            return True
        return key is not None and self._partners.active(caller.partner.id) is not None

    def remember(self, conversation_id: str, *, visitor_id: str, partner_id: str) -> None:
        """Keep in mind whose a new conversation is: it may not be in the record yet."""
        self._owners.put(conversation_id, (visitor_id, partner_id))

    def signed(self, caller: Caller, identity: str | None, *, channel: str = CHANNEL) -> Signed | None:
        """Return whom the partner says this is; None: it need not say, and does not.

        Args:
            channel: Where; the same person is another visitor in the widget.

        Raises:
            IdentityError: It was not said, or not well, or whatever was said broke its reader.
            StoreError: The keys cannot be read.
        """
        mode = caller.partner.identity
        if mode is IdentityMode.NONE or (mode is IdentityMode.OPTIONAL and identity is None):
            return None
        try:
            return self._identities.read(identity or "", partner_id=caller.partner.id, channel=channel)
        except (IdentityError, StoreError):
            raise
        except Exception as error:  # noqa: BLE001  # what stands in a header may keep no emergency from its reply
            logger.error("signed user id not read", extra={"code": code_of(error)})
        raise IdentityError("The signed user id cannot be taken.")

    def whose(self, caller: Caller, conversation_id: str, *, identity: str | None) -> Whose:
        """Return whose conversation it is, for a caller that may use it.

        Raises:
            Problem: Code ``not_found``: it is another caller's or another patient's, or there is none.
        """
        visitor_id = self._owner(caller, conversation_id)
        try:
            signed = self.signed(caller, identity)
        except (IdentityError, StoreError) as error:
            return Whose(conversation_id, visitor_id, hindrance=problem_of(error))
        if signed is not None and visitor_id and not hmac.compare_digest(signed.visitor_id, visitor_id):
            raise Problem("not_found")
        hindrance = None if visitor_id else problem_of(StoreError("The record cannot be read."))
        return Whose(conversation_id, visitor_id, hindrance, None if signed is None else signed.until)

    def _owner(self, caller: Caller, conversation_id: str) -> str:
        if not is_uuid4(conversation_id):
            raise Problem("not_found")
        if caller.claims is not None:
            if not hmac.compare_digest(caller.claims.conversation_id, conversation_id):
                raise Problem("not_found")
            return caller.claims.visitor_id
        visitor_id, partner_id = self._owner_in_record(conversation_id)
        if partner_id is not None and partner_id != caller.partner.id:
            raise Problem("not_found")
        return visitor_id

    def _owner_in_record(self, conversation_id: str) -> tuple[str, str | None]:
        """Return visitor and partner; an empty id and no partner where neither the record nor memory has them."""
        try:
            found = self._conversations.conversation(conversation_id=conversation_id)
        except NotFoundError:
            owner = self._owners.get(conversation_id)
            if owner is None:
                raise Problem("not_found") from None
            return owner  # opened while the record was away; the service stores it with its next message
        except StoreError as error:
            logger.error("conversation unreadable", extra={"conversation_id": conversation_id, "code": error.code})
            return self._owners.get(conversation_id) or ("", None)
        if found.channel != CHANNEL or found.partner_id is None:
            raise Problem("not_found")
        self.remember(conversation_id, visitor_id=found.visitor_id, partner_id=found.partner_id)
        return found.visitor_id, found.partner_id

    def _with_key(self, shown: str, address: str) -> Caller:
        key = self._checked_key(shown)
        partner = self._partners.active(key.partner_id) if key is not None else None
        if key is None or partner is None:
            raise self._refused("key_refused", address)
        return Caller(partner, key.id)

    def _with_token(self, shown: str, address: str) -> Caller:
        claims = self._tokens.read(shown)
        partner = self._partners.active(claims.partner_id) if claims is not None else None
        if claims is None or partner is None:
            raise self._refused("token_refused", address)
        try:
            works = self._key(claims.partner_id, claims.key_id) is not None
        except StoreError as error:  # we signed it; with the database away it opens nothing but an emergency's reply
            logger.error("key of a token not looked up", extra={"code": error.code})
            works = True
        if not works:
            raise self._refused("token_refused", address)
        return Caller(partner, claims.key_id, claims)

    def _checked_key(self, shown: str) -> PartnerKey | None:
        if len(shown) > _MOST_CHARS or not shown.isascii():
            return None
        digest = hashlib.sha256(shown.encode()).hexdigest()
        known = self._known_keys.get(digest)
        # Looked up whoever was wrong before at this address, where others may be, too: it is one row by its id.
        try:
            key = self._keys.api_key(shown=shown, now=self._clock())
        except StoreError as error:
            logger.error("key not looked up", extra={"code": error.code})
            if known is None:
                raise problem_of(error) from error
            return known if known.is_valid(self._clock()) else None
        if key is None:
            self._known_keys.drop(digest)
        else:
            self._known_keys.put(digest, key)
        return key

    def _key(self, partner_id: str, key_id: str) -> PartnerKey | None:
        return self._keys.working_key(partner_id=partner_id, key_id=key_id, kind=KeyKind.API, now=self._clock())

    def _refused(self, code: str, address: str) -> Problem:
        """Count somebody who was wrong; who was so too often is told to wait."""
        if not self._rates.may_fail(address):
            return Problem("too_many_failures", headers=retry_after(60))
        self._rates.failure(address)
        return Problem(code)


class _Memory(Generic[T]):
    """The last few values by their key; safe to use from many threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str) -> T | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: str, value: T) -> None:
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def drop(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)
