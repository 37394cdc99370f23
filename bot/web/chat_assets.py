"""Chainlit's script and stylesheet, packed once.

Left to itself, Chainlit packs its 4.6 MB script anew for each visitor, on the thread that carries everybody's talk.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from fastapi import Request
from fastapi.responses import FileResponse, Response

# Level 6: 1.3 MB after a quarter of a second; level 9 takes twice as long for one per cent less.
_LEVEL = 6
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class Assets:
    """Serves the files of one folder, packed where the browser takes it."""

    def __init__(self, *, source_dir: Path, packed_dir: Path) -> None:
        """Keep the folders.

        Args:
            source_dir: Where the files lie.
            packed_dir: Where packed copies are kept; the names carry a digest, so a copy never grows old.
        """
        self._source_dir = source_dir
        self._packed_dir = packed_dir

    def pack(self) -> None:
        """Pack the files that every page loads; the rest is hardly ever asked for."""
        self._packed_dir.mkdir(parents=True, exist_ok=True)
        for path in [*self._source_dir.glob("index-*.js"), *self._source_dir.glob("index-*.css")]:
            packed = self._packed_path(path.name)
            if not packed.exists():
                part = packed.with_suffix(".part")
                part.write_bytes(gzip.compress(path.read_bytes(), compresslevel=_LEVEL, mtime=0))
                part.replace(packed)

    async def serve(self, request: Request, name: str) -> Response:
        """Serve one file."""
        path, packed = self._source_dir / name, self._packed_path(name)
        media_type = _TYPES.get(path.suffix)
        if media_type is None or _NAME.fullmatch(name) is None or not path.is_file():
            return Response(status_code=404)
        vary = {"vary": "accept-encoding"}
        if packed.is_file() and "gzip" in request.headers.get("accept-encoding", ""):
            return FileResponse(packed, media_type=media_type, headers={**vary, "content-encoding": "gzip"})
        return FileResponse(path, media_type=media_type, headers=vary)

    def _packed_path(self, name: str) -> Path:
        return self._packed_dir / f"{name}.gz"
