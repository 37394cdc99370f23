from __future__ import annotations

from bot.evaluation.judges import supports_of
from tests.fakes.answers import PASSAGE
from tests.fakes.evaluation import WordJudge


def test_a_judge_is_asked_once_about_the_same_pair() -> None:
    judge = WordJudge()
    supports = supports_of(judge)
    assert supports("days or weeks.", PASSAGE)
    assert supports("days or weeks.", PASSAGE)
    assert not supports("months", PASSAGE)
    assert len(judge.asked) == 2
