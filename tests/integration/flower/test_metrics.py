"""Flower's metrics are read by Prometheus, and by nobody whom a proxy sends."""

from flower.app import Flower
from flower.options import default_options
from tornado.testing import AsyncHTTPTestCase

from crate_flower.application import make_app
from crate_flower.metrics import hide_metrics


class TestMetrics(AsyncHTTPTestCase):
    def get_app(self) -> Flower:
        hide_metrics()
        return Flower(default_options, make_app("amqp://flower@localhost/crate"))

    def test_prometheus_reads_them(self) -> None:
        assert b"flower_events_total" in self.fetch("/metrics").body

    def test_who_comes_through_a_proxy_does_not(self) -> None:
        for name in ("X-Forwarded-For", "Forwarded"):
            assert self.fetch("/metrics", headers={name: "192.0.2.1"}).code == 404
