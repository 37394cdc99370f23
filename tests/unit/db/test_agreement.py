"""Agreement of two reviewers, against values worked out by hand."""

from __future__ import annotations

import pytest

from bot.db.agreement import Agreement, agreement_of


def test_nothing_to_compare_tells_nothing() -> None:
    assert agreement_of("safe", {}) == Agreement("safe", 0, None, None)


@pytest.mark.parametrize(
    ("counts", "share", "kappa"),
    [
        pytest.param({(2, 2): 5, (0, 0): 5}, 1.0, 1.0, id="always"),
        pytest.param({(2, 0): 5, (0, 2): 5}, 0.0, -1.0, id="never"),
        pytest.param({(2, 2): 1, (2, 0): 1, (0, 2): 1, (0, 0): 1}, 0.5, 0.0, id="as-by-chance"),
        pytest.param({(2, 2): 7}, 1.0, None, id="all-the-same"),
        # Two marks only, as Cohen's unweighted kappa: (0.7 - 0.5) / (1 - 0.5).
        pytest.param({(2, 2): 20, (2, 0): 5, (0, 2): 10, (0, 0): 15}, 0.7, 0.4, id="two-marks"),
        # Seen apart 10 * 1/2 + 2 * 1 of 30; by chance 370/900 of the same scale.
        pytest.param(
            {(2, 2): 10, (1, 1): 3, (0, 0): 5, (2, 1): 6, (1, 2): 2, (1, 0): 2, (0, 2): 2}, 0.6, None, id="three-marks"
        ),
    ],
)
def test_the_share_and_kappa_of_known_tables(
    counts: dict[tuple[int, int], int], share: float, kappa: float | None
) -> None:
    found = agreement_of("safe", counts)
    assert found.pairs == sum(counts.values())
    assert found.share == pytest.approx(share)
    if kappa is not None:
        assert found.kappa == pytest.approx(kappa)


def test_a_step_apart_weighs_less_than_two() -> None:
    base = {(2, 2): 5, (1, 1): 5, (0, 0): 5}
    near = agreement_of("safe", base | {(2, 1): 2}).kappa
    far = agreement_of("safe", base | {(2, 0): 2}).kappa
    assert near is not None
    assert far is not None
    assert 0 < far < near < 1
