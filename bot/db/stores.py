"""All stores over one database: what the rest of the program is given."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from bot.db.audit import AuditStore
from bot.db.beside import BesideStore
from bot.db.desk import DeskStore
from bot.db.events import EventStore
from bot.db.exports import ExportStore
from bot.db.figures import FigureStore
from bot.db.lessons import LessonStore
from bot.db.lists import ListStore
from bot.db.outbox import OutboxStore
from bot.db.partner_counts import PartnerCountStore
from bot.db.partners import PartnerStore
from bot.db.retention import RetentionStore
from bot.db.reviews import ReviewStore
from bot.db.sign_ins import SignInStore
from bot.db.staff import StaffStore
from bot.db.transcripts import TranscriptStore


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores, each safe to share between threads."""

    transcripts: TranscriptStore
    desk: DeskStore
    events: EventStore
    staff: StaffStore
    sign_ins: SignInStore
    audit: AuditStore
    beside: BesideStore
    lists: ListStore
    exports: ExportStore
    reviews: ReviewStore
    lessons: LessonStore
    outbox: OutboxStore
    retention: RetentionStore
    figures: FigureStore
    partners: PartnerStore
    partner_counts: PartnerCountStore

    @classmethod
    def over(cls, engine: Engine) -> Stores:
        """Make all stores over one engine, whose tables `bot.db.engine.migrate` has brought up to date."""
        return cls(
            transcripts=TranscriptStore(engine),
            desk=DeskStore(engine),
            events=EventStore(engine),
            staff=StaffStore(engine),
            sign_ins=SignInStore(engine),
            audit=AuditStore(engine),
            beside=BesideStore(engine),
            lists=ListStore(engine),
            exports=ExportStore(engine),
            reviews=ReviewStore(engine),
            lessons=LessonStore(engine),
            outbox=OutboxStore(engine),
            retention=RetentionStore(engine),
            figures=FigureStore(engine),
            partners=PartnerStore(engine),
            partner_counts=PartnerCountStore(engine),
        )
