"""A partner's page for tests: served on another site than the guide (``localhost`` against ``127.0.0.1``)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portal</title></head>
<body><main><h1>Patient portal</h1><p>Your next visit is on Tuesday.</p></main>{tag}</body></html>
"""


@dataclass
class Portal:
    """A running portal; `pages` maps paths to HTML, and may be changed."""

    url: str
    pages: dict[str, str] = field(default_factory=dict)


@contextmanager
def portal() -> Iterator[Portal]:
    """Serve pages on ``http://localhost``."""
    served: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server wants
            page = served.get(self.path)
            body = (page or "nothing here").encode()
            self.send_response(200 if page is not None else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Portal(url=f"http://localhost:{server.server_port}", pages=served)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
