"""Chunks become vectors and word counts on disk, checked byte by byte when they are read again.

Input: a `Corpus`. Output: one immutable index version in the index folder. Doors: `build.build_index()`
and `loaded.load_index()`. Invariants: no pickle; every file's SHA-256 stands in the manifest; a version
is complete before it becomes current; the version before it stays for `rollback`.
"""
