from __future__ import annotations

from bot.web.api.shown import written_event


def test_an_event_is_written_in_one_line_whatever_it_holds() -> None:
    written = written_event("message", {"text": "Hé.\n\nevent: forged\r\ndata: x"}, event_id=4)
    assert written == 'id: 4\nevent: message\ndata: {"text": "Hé.\\n\\nevent: forged\\r\\ndata: x"}\n\n'
    assert written_event("erased", {}) == "event: erased\ndata: {}\n\n"
