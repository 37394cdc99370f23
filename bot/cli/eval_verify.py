"""``lupus-bot eval verify``: judge whether passages support sentences, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.lines import id_of, read_lines, text_of, write_line

BatchOption = Annotated[Path, typer.Option("--batch", help='JSON Lines of {"id", "passage", "sentence"}.')]


def verify(batch: BatchOption) -> None:
    """Judge sentences against passages; one JSON line of id, verdict, score and reasons for each."""
    # Read before the model is opened: a wrong line is told at once.
    lines = [
        (id_of(batch, *line), text_of(batch, *line, "passage"), text_of(batch, *line, "sentence"))
        for line in read_lines(batch)
    ]
    from bot.answer.verify.verifier import load_verifier

    verifier = load_verifier()
    for line_id, passage, sentence in lines:
        judged = verifier.judge(sentence=sentence, passage=passage)
        write_line(
            {"id": line_id, "supported": judged.is_supported, "score": judged.score, "reasons": list(judged.reasons)}
        )
