"""Waits until services say that they are ready."""

import asyncio
from collections.abc import Mapping
from http.client import HTTPException
from urllib.request import urlopen

_ASK_EVERY_SECONDS = 0.15
_ANSWER_SECONDS = 2


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=_ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - what "ready" answers
    except (OSError, HTTPException):
        # Or somebody else has the port, and speaks another language.
        return False


async def wait_until_ready(ports: Mapping[str, int], seconds: float) -> tuple[str, ...]:
    """Wait for the services behind these private ports.

    Returns:
        Names of those that are not ready after `seconds`; none if all are.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    waiting = dict(ports)
    while waiting and clock() < end:
        for name, port in list(waiting.items()):
            if await asyncio.to_thread(_is_ready, port):
                del waiting[name]
        if waiting:
            await asyncio.sleep(_ASK_EVERY_SECONDS)
    return tuple(waiting)
