#!/usr/bin/env -S python3 -IS
"""Tells the engine whether the process of this container lives.

`healthcheck port PORT PATH` asks the process itself; variables in PATH are filled in.
`healthcheck worker NAME` looks at the heartbeat file that a worker's loop touches: it costs no
connection, and holds also while the broker is away.
"""

import os
import socket
import sys
import time
from pathlib import Path

_ALIVE_SECONDS = 30
_ANSWER_SECONDS = 5
_MOST_BYTES = 4000


def main() -> str | None:
    """Return what is wrong, or None."""
    match sys.argv[1:]:
        case ["worker", name]:
            return _check_worker(name)
        case ["port", port, path]:
            return _check_port(int(port), os.path.expandvars(path))
    return __doc__


def _check_worker(name: str) -> str | None:
    path = Path(os.environ["CRATE_HEARTBEAT_FOLDER"], f"{name}.alive")
    try:
        age = time.time() - path.stat().st_mtime
    except OSError as error:
        return f"{path}: {error.strerror}"
    return f"{path}: untouched for {age:.0f} s" if age > _ALIVE_SECONDS else None


def _check_port(port: int, path: str) -> str | None:
    request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), _ANSWER_SECONDS) as connection:
            connection.sendall(request.encode())
            answer = connection.makefile("rb")
            status = answer.readline().decode(errors="replace").strip()
            if " 200 " in f"{status} ":
                return None
            # The body says what is missing.
            body = answer.read(_MOST_BYTES).decode(errors="replace").rpartition("\r\n\r\n")[2]
    except OSError as error:
        return f"port {port}: {error}"
    return f"port {port}, {path}: {status or 'no answer'} {body}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
