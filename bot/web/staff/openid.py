"""Signing in with OpenID Connect, such as a hospital's own accounts. The only door to Authlib.

Authorization code with PKCE, state and nonce. The issuer proves who somebody is; whether they are staff, and in which
role, is decided here: an account has to be there before.
"""

from __future__ import annotations

import hmac
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from httpx2 import HTTPError
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from bot.db.staff import new_token
from bot.errors import BotError

_LOGGER = logging.getLogger(__name__)
_SCOPE = "openid email"
# Signatures that only the issuer can make: a shared secret or none at all proves nothing here.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
_LEEWAY_S = 60
_TIMEOUT_S = 10.0


class OpenIdError(BotError):
    """The issuer cannot be asked, or what it says proves nothing."""

    code = "openid"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: what has to come back unchanged, kept in the browser's cookie meanwhile."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to the issuer.

    Attributes:
        subject: Issuer and subject, which never changes.
        email: Their address, if the issuer says that it is verified.
    """

    subject: str
    email: str | None


class OpenId:
    """Talks to one issuer; its addresses and keys are asked for when they are first needed.

    Args:
        issuer: Address of the issuer, exactly as it writes it in its tokens.
        client_id: Under which this site is known there.
        client_secret: None: known without a secret; PKCE stands in for it.
        title: What the button says.
    """

    def __init__(self, *, issuer: str, client_id: str, client_secret: str | None, title: str) -> None:
        self.title = title
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._lock = threading.Lock()
        self._addresses: Mapping[str, Any] = {}
        self._keys: KeySet | None = None

    def begin(self, *, redirect_uri: str) -> tuple[str, Begun]:
        """Return where to send the browser, and what to keep until it is back.

        Raises:
            OpenIdError: The issuer cannot be reached.
        """
        begun = Begun(state=new_token(), nonce=new_token(), verifier=new_token())
        with self._client(redirect_uri) as client:
            address, _ = client.create_authorization_url(
                self._address(client, "authorization_endpoint"),
                state=begun.state,
                code_verifier=begun.verifier,
                nonce=begun.nonce,
            )
        return str(address), begun

    def finish(self, *, redirect_uri: str, state: str, code: str, begun: Begun) -> Identity:
        """Exchange the code that the browser came back with for a checked identity.

        Raises:
            OpenIdError: The state is another's, the code is of no use, or the token does not hold.
        """
        if not hmac.compare_digest(state.encode(), begun.state.encode()):
            raise OpenIdError("The sign-in was begun elsewhere. Begin again.")
        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(
                    self._address(client, "token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=redirect_uri,
                    code_verifier=begun.verifier,
                )
                claims = self._claims(client, token, begun.nonce)
        except (HTTPError, AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            raise _failed(error) from error
        email = claims.get("email")
        # Only the truth itself: some issuers write "false" as a text.
        is_verified = claims.get("email_verified") is True and isinstance(email, str)
        return Identity(subject=f"{self._issuer} {claims['sub']}", email=email if is_verified else None)

    def _claims(self, client: OAuth2Client, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        decoded = self._decoded(client, str(token["id_token"]))
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=_LEEWAY_S)
        return dict(claims)

    def _decoded(self, client: OAuth2Client, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, self._key_set(client), registry=registry)
        except InvalidKeyIdError:
            # The issuer has changed its keys since they were last read.
            return jwt.decode(id_token, self._key_set(client, again=True), registry=registry)

    def _address(self, client: OAuth2Client, name: str) -> str:
        """Return one of the issuer's addresses from its discovery document."""
        with self._lock:
            if not self._addresses:
                self._addresses = self._discover(client)
            address = self._addresses.get(name)
        if not isinstance(address, str):
            raise OpenIdError(f"BOT_OIDC_ISSUER: its discovery document names no {name}.")
        return address

    def _discover(self, client: OAuth2Client) -> Mapping[str, Any]:
        try:
            document = _json(client, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        except (HTTPError, ValueError) as error:
            raise _failed(error) from error
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise OpenIdError("BOT_OIDC_ISSUER is not what the issuer calls itself. Copy it exactly.")
        return document

    def _key_set(self, client: OAuth2Client, *, again: bool = False) -> KeySet:
        if self._keys is None or again:
            self._keys = KeySet.import_key_set(_json(client, self._address(client, "jwks_uri")))
        return self._keys

    def _client(self, redirect_uri: str) -> OAuth2Client:
        return OAuth2Client(
            self._client_id,
            self._client_secret,
            token_endpoint_auth_method="client_secret_basic" if self._client_secret else "none",
            scope=_SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )


def _json(client: OAuth2Client, address: str) -> Any:
    response = client.request("GET", address, withhold_token=True)
    response.raise_for_status()
    return response.json()


def _failed(error: Exception) -> OpenIdError:
    # The kind alone: an issuer's own words may hold a name or a token.
    _LOGGER.warning("sign-in with openid failed", extra={"kind": type(error).__name__})
    return OpenIdError("The other service could not confirm who you are. Try again, or sign in with your password.")
