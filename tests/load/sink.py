"""A mail server that only counts: `python -m tests.load.sink PORT FILE` writes a time for each message.

It is a process of its own, so that it shares no Python lock with what is measured, and does less than a
real server, so that it takes little of the machine.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import TextIO

from tests.servers.process import HOST

_ANSWERS = {b"EHLO": "250-sink\r\n250 8BITMIME", b"DATA": "354 go on", b"QUIT": "221 bye"}


class _Conversation(asyncio.Protocol):
    def __init__(self, times: TextIO) -> None:
        self._times = times
        self._received = b""
        self._in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._say("220 sink")

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = b"\r\n.\r\n" if self._in_message else b"\r\n"
        while end in self._received:
            taken, _, self._received = self._received.partition(end)
            if self._in_message:
                self._times.write(f"{time.time()}\n")
                self._in_message = False
                self._say("250 taken")
            else:
                verb = taken[:4].upper()
                self._in_message = verb == b"DATA"
                self._say(_ANSWERS.get(verb, "250 ok"))
            end = b"\r\n.\r\n" if self._in_message else b"\r\n"

    def _say(self, line: str) -> None:
        self._transport.write(f"{line}\r\n".encode())


async def _serve(port: int, times: TextIO) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Conversation(times), HOST, port)
    await server.serve_forever()


def main() -> None:
    """Count until killed."""
    with Path(sys.argv[2]).open("w", buffering=1, encoding="ascii") as times:
        asyncio.run(_serve(int(sys.argv[1]), times))


if __name__ == "__main__":
    main()
