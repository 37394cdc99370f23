"""Progress of long steps, on standard error: a bar on a terminal, a line a step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def step_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function to call with a step's name, how much is done, and the total (0: unknown)."""
    if not sys.stderr.isatty():
        yield _plain()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total or None)
            progress.update(tasks[step], completed=done, total=total or None)

        yield show


def _plain() -> Callable[[str, int, int], None]:
    shown: set[str] = set()

    def show(step: str, done: int, total: int) -> None:
        if step not in shown:
            shown.add(step)
            sys.stderr.write(f"{step} …\n")
            sys.stderr.flush()

    return show
