"""What counts as an e-mail address or a telephone number that a patient can be reached at."""

from __future__ import annotations

import re

import phonenumbers

from bot.errors import LimitError

KINDS = ("email", "phone")
# RFC 5321, 4.5.3.1: longest address; the rest only refuses what no server would take.
_MOST_CHARS = 254
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@(?:[^\s@<>\"(),:;\[\]\\.]{1,63}\.)+[^\W\d_]{2,63}")


def checked_contact(*, kind: str, value: str, region: str | None) -> str:
    """Return a contact as it is kept: an e-mail address as written, a telephone number in international form.

    Args:
        kind: ``email`` or ``phone``.
        region: Country code for numbers without one; None: those need their country's code.

    Raises:
        LimitError: Code ``contact_email`` or ``contact_phone``: it cannot be one; ``contact_kind``: neither.
    """
    value = " ".join(value.split())
    if kind == "email":
        if len(value) > _MOST_CHARS or not _EMAIL.fullmatch(value):
            raise LimitError("That is no e-mail address.", code="contact_email")
        return value
    if kind == "phone":
        return _checked_number(value, region)
    raise LimitError("A contact is an e-mail address or a telephone number.", code="contact_kind")


def _checked_number(value: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        number = None
    # Possible, not valid: numbering plans change faster than any library, and staff can ask again.
    if number is None or not phonenumbers.is_possible_number(number):
        raise LimitError("That is no telephone number, or lacks its country's code.", code="contact_phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
