from __future__ import annotations

from pathlib import Path

import pytest

from bot.corpus.check.wordings import find_bad_wordings
from tests.fakes.guide_folder import WORDINGS, material_of, section


@pytest.mark.parametrize("count", [3, 15])
def test_reports_too_few_and_too_many(tmp_path: Path, count: int) -> None:
    listed = tuple(f"wording {number}" for number in range(count))
    (finding,) = find_bad_wordings(material_of(tmp_path, section(also_asked=listed)))
    assert finding.message == f"{count} other wordings, wanted 4 to 14."


def test_reports_capitals_and_doubles(tmp_path: Path) -> None:
    second = section(
        "Sun harms.", section_id="sun", title="Is sun bad?", also_asked=("UV", "sun", "beach", "whats lupus")
    )
    found = [finding.message for finding in find_bad_wordings(material_of(tmp_path, section(), second))]
    assert found == [
        '"UV" has capitals; patients type in lower case.',
        '"whats lupus" stands in #what-is-lupus too; keep it in one section.',
    ]


def test_reports_a_wording_that_only_repeats_a_heading(tmp_path: Path) -> None:
    (finding,) = find_bad_wordings(material_of(tmp_path, section(also_asked=(*WORDINGS, "what is lupus"))))
    assert finding.message == '"what is lupus" stands in #what-is-lupus too; keep it in one section.'


def test_is_silent_on_four_good_ones(tmp_path: Path) -> None:
    assert list(find_bad_wordings(material_of(tmp_path, section()))) == []
