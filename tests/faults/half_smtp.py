"""A mail server that asks for a message and never reads it."""

import socket
import threading
from typing import Self

from tests.servers.process import HOST

_ANSWERS = {b"EHLO": b"250 half", b"MAIL": b"250 OK", b"RCPT": b"250 OK", b"DATA": b"354 Go ahead"}


class HalfWaySmtp:
    """Gets as far as DATA with each client; `reached` counts those, and nothing is delivered."""

    def __init__(self, port: int) -> None:
        self.reached = 0
        self._listener = socket.create_server((HOST, port))
        self._clients: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._clients:
            client.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.sendall(b"220 half\r\n")
        while command := client.recv(1000):
            client.sendall(_ANSWERS[command[:4].upper()] + b"\r\n")
            if command[:4].upper() == b"DATA":
                self.reached += 1
                return
