"""A TCP proxy that cuts and swallows connections, to stand between a client and a server."""

import contextlib
import socket
import struct
import threading
from typing import Self

from tests.servers.process import HOST

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TcpProxy:
    """Forwards ``port`` to a server's port, until told otherwise.

    ``cut`` resets all connections and refuses new ones, as a dead server does. ``black_hole`` keeps
    connections open and carries nothing, as a failed network does (half-open): those connections
    never come back. ``restore`` lets new connections through.
    """

    def __init__(self, target_port: int, target_host: str = HOST) -> None:
        self._target = (target_host, target_port)
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._connections: list[_Connection] = []
        self._swallowing = False
        self.port = 0
        """Where it listens; one that is free unless set before the start."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; the port stays the same after a stop."""
        listener = socket.create_server((HOST, self.port), backlog=128)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuse new connections and reset those that are."""
        if self._listener is not None:
            # Closing alone does not wake the thread that waits in accept().
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.reset()

    def cut(self) -> None:
        """Reset all connections and refuse new ones until ``restore``."""
        self.stop()

    def black_hole(self) -> None:
        """Carry nothing any more, on old connections and on new ones, without closing them."""
        with self._lock:
            self._swallowing = True
            for connection in self._connections:
                connection.swallowing.set()

    def restore(self) -> None:
        """Let new connections through; half-open ones stay dead."""
        with self._lock:
            self._swallowing = False
        if self._listener is None:
            self.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            connection = _Connection(client, server)
            with self._lock:
                if self._swallowing:
                    connection.swallowing.set()
                self._connections.append(connection)
            connection.start()


class _Connection:
    """One client's connection and the one that carries it on."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.swallowing = threading.Event()
        self._client = client
        self._server = server

    def start(self) -> None:
        for source, sink in ((self._client, self._server), (self._server, self._client)):
            threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def reset(self) -> None:
        _reset(self._client)
        _reset(self._server)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.swallowing.is_set():
                    sink.sendall(data)
        # A failed network does not tell one end that the other has gone.
        if not self.swallowing.is_set():
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
