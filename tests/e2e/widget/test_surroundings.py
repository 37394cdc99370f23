"""The page around the widget, and everybody who meets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.widget.conftest import DESK, LABEL, PHONE, Portal

# ---------------------------------------------------------------- the page around it


def test_a_strict_policy_is_kept_trusted_types_included(portal: Portal) -> None:
    ours = portal.guide.origin
    policy = (
        f"default-src 'none'; script-src {ours}; frame-src {ours}; connect-src {ours}; style-src 'none'; "
        "img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    portal.visit(attributes='data-greeting="Hello" data-colour="#0f766e"', content_security_policy=policy)
    assert portal.style(".go", "backgroundColor") == "rgb(15, 118, 110)"
    portal.click(".go")
    portal.until_ready()
    assert portal.box("dialog")["width"] == 400
    portal.say("{ type: 'unread', count: 2 }")
    portal.page.set_viewport_size(PHONE)
    portal.until(lambda: portal.box("dialog")["width"] == 390)
    portal.page.evaluate("LupusGuide.close()")
    assert portal.page.evaluate("seen.violations") == []


def test_draws_itself_in_browsers_without_shared_sheets(portal: Portal) -> None:
    portal.page.add_init_script("delete window.CSSStyleSheet; window.CSSStyleSheet = undefined")
    portal.visit()
    assert portal.style(".go", "backgroundColor") == "rgb(75, 63, 146)"
    portal.open()


def test_opens_the_chat_page_in_browsers_without_dialogs(portal: Portal) -> None:
    portal.page.add_init_script("delete HTMLDialogElement.prototype.show")
    portal.visit()
    with portal.page.context.expect_page() as opened:
        portal.click(".go")
    assert opened.value.url == f"{portal.guide.origin}/chat/"


@pytest.mark.parametrize("charset", ["", "; charset=iso-8859-1"], ids=["none", "latin-1"])
def test_pages_without_utf8_show_the_same_letters(portal: Portal, charset: str) -> None:
    html = portal.html(body="<p>caf\u00e9</p>").replace("<!doctype html>", "").encode("latin-1")
    portal.visit_html(html, content_type=f"text/html{charset}")
    assert portal.page.evaluate("document.characterSet") in {"windows-1252", "ISO-8859-1"}
    portal.guide.answer_to_enter = None
    portal.click(".go")
    portal.until(portal.is_open)
    assert portal.inside("root.querySelector('[role=status]').textContent") == "Opening the guide\u2026"


def test_the_rules_of_the_page_do_not_leak_in(open_window: Callable[..., Portal]) -> None:
    rules = (
        "* { display: none !important; color: red !important; position: static !important; opacity: .1 !important }"
        "html, body { display: block !important }"
        ":root { --p: red; --s: red } lupus-guide { --p: red !important; z-index: -1 !important; transform: scale(3) }"
        "button, a, dialog, div, iframe, p, b, svg { background: red !important; font: 40px serif !important;"
        " width: 7px !important; border: 9px solid red !important; text-transform: uppercase; letter-spacing: 1em }"
        "body { text-transform: uppercase; letter-spacing: 1em; line-height: 4; cursor: wait; visibility: hidden }"
    )
    looks = []
    for head in ("", f"<style>{rules}</style>"):
        portal = open_window()
        portal.visit(head=head, attributes='data-greeting="Hello" data-label="Ask"')
        everything = (
            "[...root.querySelectorAll('*')].map((e) => { const s = getComputedStyle(e); return [e.localName, "
            "e.getBoundingClientRect().toJSON(), ...['display', 'color', 'backgroundColor', 'font', 'opacity', "
            "'visibility', 'textTransform', 'letterSpacing', 'cursor', 'borderTopWidth'].map((n) => s[n])] })"
        )
        closed = portal.inside(everything)
        portal.open()
        portal.page.wait_for_timeout(250)
        looks.append((closed, portal.inside(everything)))
    assert looks[0] == looks[1]


def test_printing_leaves_it_out(portal: Portal) -> None:
    portal.visit()
    portal.page.emulate_media(media="print")
    assert portal.inside("getComputedStyle(root.host).display") == "none"


def test_dark_and_still_where_the_visitor_wishes_so(open_window: Callable[..., Portal]) -> None:
    portal = open_window(color_scheme="dark", reduced_motion="reduce")
    portal.visit()
    assert portal.style(".go", "backgroundColor") == "rgb(183, 171, 242)"
    portal.open()
    assert portal.style("dialog", "backgroundColor") == "rgb(28, 33, 40)"
    assert portal.style("dialog", "transitionDuration") == "0s"


# ---------------------------------------------------------------- for everyone


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_has_no_serious_barrier(open_window: Callable[..., Portal], size: dict[str, int], scheme: str) -> None:
    portal = open_window(size, color_scheme=scheme, reduced_motion="reduce")
    # For this test only: axe looks into open shadow roots alone.
    portal.page.add_init_script(
        "const attach = Element.prototype.attachShadow;"
        "Element.prototype.attachShadow = function () { return attach.call(this, { mode: 'open' }) };"
    )
    portal.visit(attributes='data-greeting="Questions about lupus?"')
    _assert_accessible(portal)
    portal.guide.refusal = "origin_not_allowed"
    portal.click(".go")
    portal.until(lambda: portal.inside("root.querySelector('dialog').className === 'failed'"))
    _assert_accessible(portal)
    portal.guide.refusal = None
    portal.click(".again")
    portal.until_ready()
    portal.say("{ type: 'unread', count: 2 }")
    _assert_accessible(portal)


def _assert_accessible(portal: Portal) -> None:
    found = Axe().run(portal.page).response["violations"]
    serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in {"critical", "serious"}]
    assert serious == []


def test_screen_readers_hear_a_button_that_opens_a_dialog(portal: Portal) -> None:
    portal.visit()
    portal.open()
    nodes = portal.debugger.send("Accessibility.getFullAXTree")["nodes"]
    spoken = {
        (node["role"]["value"], node["name"]["value"])
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in {"button", "dialog", "Iframe", "image", "img"}
    }
    assert spoken == {
        ("button", LABEL),
        ("dialog", "Lupus and CAR-T guide"),
        ("button", "Close"),
        ("Iframe", "Lupus and CAR-T guide"),
    }
