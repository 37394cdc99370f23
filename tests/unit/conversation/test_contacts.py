"""What is kept as a contact can be used; what cannot be one is refused with its own code."""

from __future__ import annotations

import pytest

from bot.conversation.contacts import checked_contact
from bot.errors import LimitError


@pytest.mark.parametrize(
    ("kind", "value", "region", "kept"),
    [
        ("email", " Ada.Example+chat@mail.example.org ", None, "Ada.Example+chat@mail.example.org"),
        ("email", "größe@bücher.example", None, "größe@bücher.example"),
        ("phone", "+44 20 7946 0018", None, "+44 20 7946 0018"),
        ("phone", "(202) 555-0143", "US", "+1 202-555-0143"),
    ],
)
def test_a_contact_is_kept_in_a_form_that_can_be_used(kind: str, value: str, region: str | None, kept: str) -> None:
    assert checked_contact(kind=kind, value=value, region=region) == kept


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("email", "", "contact_email"),
        ("email", "ada", "contact_email"),
        ("email", "ada@example", "contact_email"),
        ("email", "ada@@example.org", "contact_email"),
        ("email", "a b@example.org", "contact_email"),
        ("email", "ada@example.org\nBcc: eve@example.org", "contact_email"),
        ("email", "<ada@example.org>", "contact_email"),
        ("email", f"{'a' * 64}@{'b.' * 120}org", "contact_email"),
        ("phone", "", "contact_phone"),
        ("phone", "call me", "contact_phone"),
        ("phone", "020 7946 0018", "contact_phone"),
        ("phone", "+1", "contact_phone"),
        ("phone", "9" * 5000, "contact_phone"),
        ("pigeon", "loft 7", "contact_kind"),
    ],
)
def test_what_cannot_be_a_contact_is_refused(kind: str, value: str, code: str) -> None:
    with pytest.raises(LimitError) as caught:
        checked_contact(kind=kind, value=value, region=None)
    assert caught.value.code == code
    assert not value or value not in caught.value.detail
