"""The keeper's end of a serial line: a pseudo-terminal shared by any number of clients on a unix socket."""

import asyncio
import os
import termios
from pathlib import Path

from tests.lab.machine import serial_line

CHUNK = 65536
MOST_UNSENT = 1 << 20
"""Bytes kept for a guest that does not read; what comes on top is lost, as on a real line."""


class Line:
    """One serial line. A client sends one line first: `all` (wants what was said since power-on) or `new`.

    The keeper then sends the length of the backlog in decimal, a newline, the backlog, and from there on what comes.
    """

    def __init__(self, log: Path) -> None:
        self._ours, self.guest_end = serial_line()
        self._log = log.open("ab", buffering=0)
        self._backlog = bytearray()
        self._unsent = bytearray()
        self._clients: set[asyncio.StreamWriter] = set()

    async def serve(self, path: Path) -> None:
        """Read the line and accept clients from now on."""
        asyncio.get_running_loop().add_reader(self._ours, self._from_guest)
        await asyncio.start_unix_server(self._client, str(path))

    def power_on(self) -> None:
        """Forget what was said before this start."""
        self._backlog.clear()
        self._unsent.clear()
        termios.tcflush(self.guest_end, termios.TCIOFLUSH)

    def _from_guest(self) -> None:
        try:
            data = os.read(self._ours, CHUNK)
        except BlockingIOError:
            return
        self._log.write(data)
        self._backlog += data
        for client in self._clients:
            client.write(data)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wanted = (await reader.readline()).strip()
        backlog = bytes(self._backlog) if wanted == b"all" else b""
        writer.write(b"%d\n" % len(backlog) + backlog)
        self._clients.add(writer)
        try:
            while data := await reader.read(CHUNK):
                self._to_guest(data)
        except ConnectionError:
            pass  # a client that went away without a word is gone all the same
        finally:
            self._clients.discard(writer)
            writer.close()

    def _to_guest(self, data: bytes) -> None:
        if len(self._unsent) + len(data) <= MOST_UNSENT:
            self._unsent += data
        self._flush()

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._unsent:
                del self._unsent[: os.write(self._ours, self._unsent[:512])]
        except BlockingIOError:
            loop.add_writer(self._ours, self._flush)
        else:
            loop.remove_writer(self._ours)
