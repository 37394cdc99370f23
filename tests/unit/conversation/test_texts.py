"""The fixed sentences are complete, say the action first, and nothing put into them can break them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.conversation.texts import Texts, escape, link
from bot.domain import Outcome, Verdict
from bot.errors import SettingsError
from bot.settings import ROOT

PATH = Path(__file__).resolve().parents[3] / "prompts" / "replies.en.yaml"
RAW: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
TEXTS = Texts.load(PATH)


def emergency(reason: str, *, region: str | None = "US", line: str | None = None, question: bool = False) -> str:
    verdict = Verdict(Outcome.EMERGENCY, reason=reason)
    return TEXTS.emergency(verdict, region=region, car_t_line=line, has_question=question)


def changed(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    raw = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    change(raw)
    path = tmp_path / "replies.en.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize("reason", RAW["emergency_for"])
def test_every_emergency_says_whom_to_call_in_its_first_line(reason: str) -> None:
    first = emergency(reason).split("\n")[0]
    assert re.match(r"\*\*(Call|Go)", first)
    assert re.search(r"(tel:911|team|line)", first)


@pytest.mark.parametrize("reason", RAW["emergency_for"])
def test_every_emergency_names_the_emergency_number_as_a_link(reason: str) -> None:
    assert "[911](tel:911)" in emergency(reason)


@pytest.mark.parametrize("reason", RAW["crisis_for"])
def test_every_crisis_names_the_numbers_and_asks_if_they_are_safe(reason: str) -> None:
    text = TEXTS.crisis(Verdict(Outcome.CRISIS, reason=reason), region="US")
    assert "[911](tel:911)" in text
    assert "[988](tel:988)" in text
    assert re.search(r"safe right now\?", text)


def test_an_unknown_reason_gets_the_gravest_text() -> None:
    assert emergency("red_flag.not_yet_known") == emergency("red_flag.severe")


@pytest.mark.parametrize("region", [None, "XX", ""])
def test_several_numbers_are_shown_where_the_country_is_unknown(region: str | None) -> None:
    text = emergency("red_flag.stroke", region=region)
    for number in ("911", "999", "112", "000", "111"):
        assert f"[{number}](tel:{number})" in text


def test_the_country_that_the_patient_named_goes_before_the_settings() -> None:
    verdict = Verdict(Outcome.EMERGENCY, reason="red_flag.stroke", region="AU")
    text = TEXTS.emergency(verdict, region="US", car_t_line=None, has_question=False)
    assert "tel:000" in text
    assert "tel:911" not in text


def test_uk_is_another_name_of_gb() -> None:
    assert emergency("red_flag.stroke", region="uk") == emergency("red_flag.stroke", region="GB")


def test_the_car_t_line_is_a_link() -> None:
    assert "[+1 555 0100](tel:+15550100)" in emergency("red_flag.car_t_fever", line="+1 555 0100")
    assert "wallet card" in emergency("red_flag.car_t_fever").split("\n")[0]


def test_the_other_question_is_not_forgotten() -> None:
    later = RAW["emergency_after"]["question_later"]
    assert emergency("red_flag.stroke", question=True).endswith(later)
    assert later not in emergency("red_flag.stroke")


@pytest.mark.parametrize("country", RAW["contacts"])
def test_every_number_is_one_that_can_be_dialled(country: str) -> None:
    entry = RAW["contacts"][country]
    numbers = [*entry["emergency"], *(line["number"] for line in entry["crisis"])]
    assert entry["emergency"]
    assert all(re.fullmatch(r"[\d ]{2,14}", number) for number in numbers)


@pytest.mark.parametrize("kind", RAW["personal"])
def test_personal_refusals_lead_to_general_information_or_a_person(kind: str) -> None:
    verdict = Verdict(Outcome.PERSONAL, reason=f"personal.{kind}")
    assert (
        TEXTS.personal(verdict, has_general=True)
        == f"{RAW['personal'][kind]}\n\n{RAW['personal_after']['with_general']}"
    )
    assert TEXTS.personal(verdict, has_general=False) == f"{RAW['personal'][kind]}\n\n{TEXTS.offer()}"


def test_talk_takes_the_text_of_the_reason() -> None:
    assert TEXTS.talk(Verdict(Outcome.CONVERSATION, reason="talk.identity")) == RAW["fixed"]["identity"]
    assert TEXTS.talk(Verdict(Outcome.OUT_OF_SCOPE, reason="scope.off_topic")) == RAW["fixed"]["out_of_scope"]
    assert TEXTS.talk(Verdict(Outcome.OUT_OF_SCOPE, reason="injection.override")) == RAW["fixed"]["injection"]
    assert "tel:988" in TEXTS.talk(Verdict(Outcome.CONVERSATION, reason="talk.low_mood"), region="US")


def test_values_are_put_in_as_plain_text() -> None:
    text = TEXTS.fixed("abstained", topics="[click](http://evil.example) **now** {emergency}\n# x")
    assert r"\[click\](http://evil.example) \*\*now\*\* \{emergency\} \# x" in text


@pytest.mark.parametrize(
    ("key", "values"), [("greeting", {"name": "x"}), ("abstained", {}), ("not there", {}), ("too_long", {"max": 1})]
)
def test_refuses_a_text_that_is_asked_for_wrongly(key: str, values: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        TEXTS.fixed(key, **values)
    assert key in caught.value.detail


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(lambda raw: raw["fixed"].pop("greeting"), "greeting", id="missing text"),
        pytest.param(lambda raw: raw["fixed"].update(extra="x"), "extra", id="unknown text"),
        pytest.param(lambda raw: raw["fixed"].update(greeting="Hello {name}"), "fixed.greeting", id="unknown variable"),
        pytest.param(lambda raw: raw["fixed"].update(greeting="Hello {"), "fixed.greeting", id="lonely brace"),
        pytest.param(lambda raw: raw["fixed"].update(greeting=" "), "fixed.greeting", id="empty text"),
        pytest.param(lambda raw: raw["fixed"].update(greeting=3), "fixed.greeting", id="no text"),
        pytest.param(lambda raw: raw.pop("crisis"), "crisis", id="missing block"),
        pytest.param(lambda raw: raw.update(crisis="x"), "crisis", id="block of another form"),
        pytest.param(lambda raw: raw.update(contact={}), "contact", id="unknown block"),
        pytest.param(
            lambda raw: raw["emergency_for"].update({"red_flag.x": "y"}), "red_flag.x", id="reason without text"
        ),
        pytest.param(lambda raw: raw["contacts"]["US"].pop("crisis"), "contacts.US", id="contact without lines"),
        pytest.param(lambda raw: raw["shown_when_unknown"].append("XX"), "XX", id="unknown country"),
        pytest.param(lambda raw: raw.update(reviewed_on="soon"), "reviewed_on", id="no date"),
    ],
)
def test_names_the_mistake(tmp_path: Path, change: Callable[[dict[str, Any]], object], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Texts.load(changed(tmp_path, change))
    assert named in caught.value.detail


@pytest.mark.parametrize("content", ["", "[", "text"])
def test_refuses_a_file_of_another_form(tmp_path: Path, content: str) -> None:
    path = tmp_path / "replies.en.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError):
        Texts.load(path)


@pytest.mark.parametrize("key", ["joined", "released", "closed", "step_human"])
def test_a_name_in_a_note_is_plain_text(key: str) -> None:
    assert "\\*\\*Eve\\*\\*" in TEXTS.desk(key, name="**Eve**")


def test_each_note_says_which_voice_speaks_from_then_on() -> None:
    assert "talking to a person" in TEXTS.desk("joined", name="Ada")
    for key, values in (("released", {"name": "Ada"}), ("closed", {"name": "Ada"}), ("ended_by_patient", {})):
        assert "guide" in TEXTS.desk(key, **values)
        assert "computer program" in TEXTS.desk(key, **values)


@pytest.mark.parametrize("key", ["overdue", "unanswered"])
def test_who_is_left_waiting_reads_what_else_helps_and_whom_to_call(key: str) -> None:
    for word in ("e-mail address", "telephone number", "guide", "emergency number"):
        assert word in TEXTS.desk(key)


def test_escapes_what_markdown_reads() -> None:
    assert escape("a_b *c*\n[d]") == r"a\_b \*c\* \[d\]"
    assert link("ask the ward") == "ask the ward"


@pytest.mark.parametrize("block", ["emergency", "crisis", "personal", "fixed", "desk"])
def test_no_text_raises_its_voice(block: str) -> None:
    assert [key for key, text in RAW[block].items() if "!" in text] == []


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "prompts" / "replies.en.yaml").read_text(encoding="utf-8")
    path = tmp_path / "replies.en.yaml"
    path.write_text(text.replace("  thanks:", "  identity: Another one.\n  thanks:", 1), encoding="utf-8")
    with pytest.raises(SettingsError, match="“identity” stands twice"):
        Texts.load(path)
