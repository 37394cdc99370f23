"""Prints what triage makes of a file of questions: ``python -m tests.quality.triage_report questions.jsonl``.

Each line: ``{"id", "category", "turns", "expect"}``. Rules alone, without the meaning check. A message that goes on to
retrieval counts as right where the file expects an answer or an abstention.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

from bot.conversation.triage.triage import load_triage

_GOES_ON = {"answered", "abstained"}


def main(path: Path) -> None:
    triage = load_triage()
    total: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    times_ms: list[float] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        started = time.perf_counter()
        verdict = triage.check(item["turns"][-1], earlier=item["turns"][:-1])
        times_ms.append((time.perf_counter() - started) * 1000)
        total[item["category"]] += 1
        expected = set(item["expect"])
        is_right = bool(_GOES_ON & expected) if verdict.outcome is None else verdict.outcome.value in expected
        if not is_right:
            wrong[item["category"]] += 1
            sys.stdout.write(f"{item['id']} {item['category']}: {verdict.reason} by {verdict.rule_id}\n")
    for category, count in sorted(total.items()):
        sys.stdout.write(f"{category:18} {count - wrong[category]:4} of {count}\n")
    times_ms.sort()
    p50, p99 = times_ms[len(times_ms) // 2], times_ms[int(len(times_ms) * 0.99)]
    sys.stdout.write(f"p50 {p50:.2f} ms, p99 {p99:.2f} ms\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
