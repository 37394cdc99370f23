from __future__ import annotations

import pytest
from argon2 import extract_parameters

from bot.web.staff.passwords import Passwords, weakness
from tests.fakes.console import quick_passwords


@pytest.mark.parametrize(
    ("password", "said"),
    [
        pytest.param("", "at least 12", id="nothing"),
        pytest.param("elevenchars", "at least 12", id="eleven"),
        pytest.param("x" * 201, "at most 200", id="too-long"),
        pytest.param("aaaabbbbaaaa", "first that are tried", id="few-letters"),
        pytest.param("123456789012", "first that are tried", id="digits"),
        pytest.param("Password1234!", "first that are tried", id="word-and-digits"),
        pytest.param("Lupus2026!!!!", "first that are tried", id="what-it-is-about"),
        pytest.param("correct horse battery staple", "first that are tried", id="famous"),
        pytest.param("QWERTYUIOPAS", "first that are tried", id="keyboard"),
        pytest.param("rossi likes tea", "own name", id="own-name"),
        pytest.param("MARIA-and-more-9", "own name", id="own-name-in-capitals"),
        pytest.param("hospital-tea-44", "own name", id="address"),
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str, said: str) -> None:
    assert said in (weakness(password, names=("m.rossi", "Maria", "m.rossi@hospital.test")) or "")


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("four unlikely words", id="words"),
        pytest.param("Tg7#kq02!mzw", id="mixed"),
        pytest.param("пароль из четырёх слов", id="other-script"),
        pytest.param(" spaces count too ", id="spaces"),
        pytest.param("😀🎈🦋🌧🪁 and more words", id="pictures"),
    ],
)
def test_a_long_password_of_any_letters_is_taken(password: str) -> None:
    assert weakness(password, names=("m.rossi", "Li")) is None
    passwords = quick_passwords()
    assert passwords.is_right(password, passwords.hash(password))


def test_a_name_of_two_letters_forbids_nothing() -> None:
    assert weakness("oil lamps on the hill", names=("li", "Li")) is None


def test_the_same_letters_are_the_same_password_from_any_keyboard() -> None:
    passwords = quick_passwords()
    stored = passwords.hash("grüne Äpfel am Baum")
    assert passwords.is_right("gru\u0308ne A\u0308pfel am Baum", stored)
    assert not passwords.is_right("grune Apfel am Baum", stored)


def test_nothing_is_right_where_no_password_is_stored() -> None:
    passwords = quick_passwords()
    assert not passwords.is_right("nobody signs in with this", None)
    assert not passwords.is_right("anything", "no hash at all")


def test_two_hashes_of_one_password_differ() -> None:
    passwords = quick_passwords()
    assert passwords.hash("four unlikely words") != passwords.hash("four unlikely words")


def test_hashes_are_as_costly_as_rfc_9106_asks() -> None:
    parameters = extract_parameters(Passwords().hash("four unlikely words"))
    assert (parameters.type.name, parameters.memory_cost, parameters.time_cost) == ("ID", 64 * 1024, 3)
