"""The proxy fails as networks do."""

import smtplib
import socket
from collections.abc import Iterator

import pytest

from tests.servers import SmtpSink, TcpProxy


@pytest.fixture
def proxy(smtp_sink: SmtpSink) -> Iterator[TcpProxy]:
    with TcpProxy(smtp_sink.port) as proxy:
        yield proxy


def greeted(proxy: TcpProxy) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", proxy.port, timeout=30)


def connected(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=30)


def hears_nothing(client: socket.socket) -> bool:
    client.settimeout(0.5)
    try:
        client.recv(100)
    except TimeoutError:
        return True
    return False


def test_traffic_passes(proxy: TcpProxy) -> None:
    with greeted(proxy) as client:
        assert client.noop()[0] == 250


def test_cut_connection_breaks_and_new_ones_are_refused_until_restored(proxy: TcpProxy) -> None:
    client = greeted(proxy)
    proxy.cut()
    with pytest.raises((ConnectionResetError, smtplib.SMTPServerDisconnected)):
        client.noop()
    client.close()
    with pytest.raises(ConnectionRefusedError):
        greeted(proxy)
    proxy.restore()
    with greeted(proxy) as client:
        assert client.noop()[0] == 250


def test_black_hole_answers_nothing_and_the_old_connection_stays_dead(proxy: TcpProxy) -> None:
    with connected(proxy) as old:
        assert old.recv(100).startswith(b"220")
        proxy.black_hole()
        with connected(proxy) as new:
            assert hears_nothing(new)
        proxy.restore()
        with greeted(proxy) as client:
            assert client.noop()[0] == 250
        old.sendall(b"NOOP\r\n")
        assert hears_nothing(old)
