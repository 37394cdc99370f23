"""A network between a browser and a server on this machine that can be cut, or go dead without a word."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Line:
    """Passes bytes on, both ways, while it is whole.

    Attributes:
        port: Where a browser connects.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._is_cut = False
        self._is_frozen = False
        # In a thread of its own: the tests' one may be inside a browser's loop.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._connect, "127.0.0.1", 0), self._loop)
        self._listener = listening.result(5)
        self.port: int = self._listener.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """End every connection, and let none begin."""
        self._call(self._cut)

    def freeze(self) -> None:
        """Swallow every byte from now on, in both directions; no connection ends, and new ones hang."""
        self._call(self._freeze)

    def mend(self) -> None:
        """Let connections begin again; what was frozen is lost for good."""
        self._call(self._mend)

    def close(self) -> None:
        """End the line."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    async def _end(self) -> None:
        self._listener.close()
        self._cut()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _cut(self) -> None:
        self._is_cut = True
        for pair in list(self._pairs):
            for writer in pair:
                writer.transport.abort()

    def _freeze(self) -> None:
        self._is_frozen = True

    def _mend(self) -> None:
        if self._is_frozen:
            self._cut()
        self._is_cut = self._is_frozen = False

    def _call(self, act: Callable[[], None]) -> None:
        async def run() -> None:
            act()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(5)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        pair = (writer, server_writer)
        self._pairs.add(pair)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(self._pass(reader, server_writer), self._pass(server_reader, writer))
        finally:
            self._pairs.discard(pair)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if not self._is_frozen:
                    writer.write(data)
                    await writer.drain()
        if not self._is_frozen:
            writer.close()


@contextmanager
def line_to(server_port: int) -> Iterator[Line]:
    """Stand between a browser and a server for as long as the block runs."""
    line = Line(server_port)
    try:
        yield line
    finally:
        line.close()
