from __future__ import annotations

from pathlib import Path

import pytest

from bot.corpus.check.wording import broken_by, find_forbidden_wording, never_say_rules
from tests.fakes.guide_folder import material_of, section

# For each rule: what it refuses, and the nearest sentence that the guide may well say.
_SENTENCES = {
    "NV-01": ("CAR-T cures lupus.", "CAR-T has not been shown to be a cure."),
    "NV-02": ("You will go into remission.", "In one study, 8 of 8 people reached remission."),
    "NV-03": ("You have lupus nephritis.", "Tell every helper that you have lupus."),
    "NV-04": ("Take 200 mg in the morning.", "Your team decides on the dose."),
    "NV-05": ("You can stop your steroids now.", "Do not stop your steroids on your own."),
    "NV-06": ("Wait and see if the fever falls.", "Do not wait and see with a fever after CAR-T."),
    "NV-07": ("You qualify for the trial.", "Only the trial team can say if you qualify for a trial."),
    "NV-08": ("CAR-T is now approved for lupus.", "No CAR-T product is approved for lupus in these sources."),
    "NV-09": ("CAR-T is safe.", "It is not yet known how safe CAR-T is in the long run."),
    "NV-10": ("CAR-T is your last hope.", "A flare is never your fault."),
    "NV-11": ("We recommend a clinic abroad.", "The guide can never name the best clinic."),
    "NV-12": ("Pay to join the study.", "Nobody should ask you to pay to join a trial."),
    "NV-13": ("Your doctor is wrong.", "A second opinion does not say that your doctor is wrong."),
    "NV-14": ("Fertility is safe after CAR-T.", "It is unknown if fertility is kept after CAR-T."),
    "NV-15": ("You can have live vaccines now.", "Ask your team if you can have live vaccines."),
    "NV-16": ("You have ten years to live.", "Nobody can say that you have ten years to live."),
    "NV-17": ("Your result means kidney damage.", "Ask your team what your result means."),
    "NV-18": ("The same risks as in cancer apply.", "The risk may not be the same as in cancer."),
    "NV-19": ("CAR-T works better than other drugs.", "It is not known if CAR-T is better than rituximab."),
    "NV-20": ("The success was 100%.", "In one study 8 of 8 people (100%) reached remission."),
    "NV-21": ("Your insurance will pay.", "Ask in writing whether insurance will pay."),
    "NV-22": ("This diet treats lupus.", "No diet treats lupus."),
    "NV-23": ("It is just stress.", "A symptom is never just stress until it is checked."),
    "NV-24": ("Drive yourself to hospital.", "Do not drive yourself to hospital."),
    "NV-26": ("A revolutionary therapy.", "A new therapy that is still in trials."),
    "NV-27": ("Hide your medicines from the trial team.", "Never hide medicines from the trial team."),
    "NV-28": ("No further checks are needed.", "Further checks are still needed."),
    "NV-30": ("Please type your phone number here.", "Please do not type your phone number here."),
    "voice": ("Many sufferers feel tired!", "Many people feel tired."),
    "source": ("UNSURE: four of five.", "The team may be unsure."),
}  # fmt: skip


@pytest.mark.parametrize("rule", never_say_rules(), ids=lambda rule: rule.id)
def test_each_rule_refuses_its_sentence_and_lets_the_near_one_pass(rule) -> None:  # type: ignore[no-untyped-def]
    refused, fine = _SENTENCES[rule.id]
    assert broken_by(refused, rule) is not None
    assert broken_by(fine, rule) is None


@pytest.mark.parametrize(
    "dose", ["40 mg", "0.5 mg", "750 mg/m2", "30 mg/m²", "5 mg/kg", "two tablets a day", "100 micrograms"]
)
def test_refuses_every_way_to_write_a_dose(dose: str) -> None:
    rule = next(rule for rule in never_say_rules() if rule.id == "NV-04")
    assert broken_by(f"The usual amount is {dose} in lupus.", rule) is not None


@pytest.mark.parametrize(
    "fine", ["About 1 million cells per kg body weight.", "Two kinds of tablets.", "A 24-hour line."]
)
def test_other_amounts_are_no_doses(fine: str) -> None:
    rule = next(rule for rule in never_say_rules() if rule.id == "NV-04")
    assert broken_by(fine, rule) is None


def test_a_patient_may_ask_for_a_cure_in_a_heading_but_not_in_promotional_words(tmp_path: Path) -> None:
    asks = section(title="Can CAR-T cure lupus?")
    sells = section(section_id="sells", title="Is CAR-T a miracle?", also_asked=("a", "b", "c", "d"))
    found = [(finding.line, finding.rule) for finding in find_forbidden_wording(material_of(tmp_path, asks, sells))]
    assert found == [(26, "never-say")]
