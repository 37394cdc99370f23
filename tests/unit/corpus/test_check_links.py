from __future__ import annotations

from pathlib import Path

import pytest

from bot.corpus.check.links import find_crowded_lists, find_dead_links, find_markup
from tests.fakes.guide_folder import material_of, section


@pytest.mark.parametrize("text", ["See #nowhere for more.", "See /guide/nothing now.", "See /guide/basics#gone now."])
def test_reports_a_link_that_leads_nowhere(tmp_path: Path, text: str) -> None:
    assert [finding.rule for finding in find_dead_links(material_of(tmp_path, section(text)))] == ["dead-link"]


@pytest.mark.parametrize(
    "text", ["See #what-is-lupus now.", "See /guide/basics now.", "See /guide/basics#what-is-lupus now."]
)
def test_a_living_link_is_fine(tmp_path: Path, text: str) -> None:
    assert list(find_dead_links(material_of(tmp_path, section(text)))) == []


@pytest.mark.parametrize(
    "text",
    ["**Bold** words.", "A [link](https://example.org) here.", "One; two.", "Ask {team}.", "> Quoted.", "| a | b |"],
)
def test_reports_markup(tmp_path: Path, text: str) -> None:
    assert {finding.rule for finding in find_markup(material_of(tmp_path, section(text)))} == {"markup"}


def test_a_simple_list_is_fine(tmp_path: Path) -> None:
    assert list(find_markup(material_of(tmp_path, section("Ask:\n\n- One is fever.\n- Two is pain.")))) == []


def test_a_line_right_below_a_list_is_reported_at_its_place(tmp_path: Path) -> None:
    (finding,) = find_crowded_lists(material_of(tmp_path, section("- One is fever.\n- Two is pain.\nCall then.")))
    assert (finding.line, finding.rule) == (26, "markup")


def test_a_list_with_a_gap_below_is_fine(tmp_path: Path) -> None:
    assert (
        list(find_crowded_lists(material_of(tmp_path, section("- One is fever.\n- Two is pain.\n\nCall then.")))) == []
    )
