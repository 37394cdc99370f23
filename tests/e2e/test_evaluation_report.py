"""The pages of an evaluation in a browser: readable on a phone and a desk, by day and night, and fetching nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation.compare import compared
from bot.evaluation.report import comparison_page, report_of
from bot.evaluation.run_folder import Run
from tests.fakes.evaluation import make_claim_result, make_refusal, make_result, make_run

LONG = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4
CALIBRATION = {
    "curve": [[0.1, 0.0, 0.3], [0.3, 0.02, 0.15], [0.5, 0.1, 0.1]],
    "cross_validated": {"wrong_refusals": 0.05, "wrong_answers": 0.1},
}
BEFORE = make_run([make_result(id=str(number), baseline=["sun"]) for number in range(5)], name="before")
AFTER = make_run(
    [
        *(make_result(id=str(number), baseline=["sun"]) for number in range(4)),
        make_result(id="4", turns=["What is a flare?"], text=LONG, problems=[f"lacks /{LONG}/"], ms=900.0),
        make_refusal(),
    ],
    [make_claim_result(is_passed=True, sentence=LONG)],
    name="after",
)


def report(run: Run) -> str:
    return report_of(run, calibration=CALIBRATION)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize(
    "html", [lambda: report(AFTER), lambda: comparison_page(compared(BEFORE, AFTER))], ids=["report", "comparison"]
)
def test_a_page_fits_its_window_and_passes_the_rules_of_accessibility(
    html: Callable[[], str], width: int, scheme: str, browser: Any, tmp_path: Path
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / "page.html"
    path.write_text(html(), encoding="utf-8")
    requests: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    try:
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"][:90]) for rule in found] == []
        assert requests == [path.as_uri()]
    finally:
        page.close()
