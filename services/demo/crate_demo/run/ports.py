"""Free ports of this machine."""

import socket
from collections.abc import Iterator

_HOST = "127.0.0.1"
_TRIES = 100


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def free_ports(first: int) -> Iterator[int]:
    """Yield free ports from `first` upwards, each once, so that addresses stay the same mostly."""
    for port in range(first, min(first + _TRIES, 65536)):
        if _is_free(port):
            yield port
