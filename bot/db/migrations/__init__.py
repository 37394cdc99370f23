"""The steps from each shape of the tables to the next; `bot.db.engine.migrate` runs them.

A step that has been released is never edited: databases have run it. `HEAD` is the newest step;
a start compares it with the database and loads Alembic only when they differ. A new step is a new
module in `versions`; the tests compare the tables that all steps make with those of `bot.db.tables`.
"""

from __future__ import annotations

HEAD = "0005"
