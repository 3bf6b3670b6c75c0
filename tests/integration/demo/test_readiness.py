import asyncio
import socketserver
import threading

from crate_demo.run.readiness import wait_until_ready
from tests.servers.process import HOST


class Greeter(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"5.5.5-10.11 not HTTP\n")


def test_a_port_on_which_somebody_else_talks_is_not_ready() -> None:
    with socketserver.ThreadingTCPServer((HOST, 0), Greeter) as server:
        threading.Thread(target=server.serve_forever).start()
        late = asyncio.run(wait_until_ready({"runner": server.server_address[1]}, 0.3))
        server.shutdown()
    assert late == ("runner",)
