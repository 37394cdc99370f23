"""The record: domain values in, committed rows out; SQLite by default, PostgreSQL by address.

Input: domain values from `conversation`. Output: the same values, read back exactly.
Door: `engine.open_engine`, `engine.migrate`, then `transcripts.TranscriptStore`.
Invariants: a write is committed before its method returns; every failure of the database is a
`StoreError` without any stored text; positions in a transcript have no gaps; another visitor's
conversation does not exist; what is erased is gone. SQLAlchemy's types stop at this folder.
"""
