"""Flower's metrics, which are for Prometheus alone."""

from flower.urls import handlers
from flower.views.monitor import Metrics
from tornado.web import HTTPError

_OF_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto")


class PrivateMetrics(Metrics):  # type: ignore[misc]  # Flower is untyped
    """Knows nothing when a proxy asks: Prometheus comes straight, and browsers do not.

    Flower asks for no log-in here, and which of two paths an ingress prefers, this one or the one of all
    Flower, differs from ingress to ingress.
    """

    async def get(self) -> None:
        """Write the metrics."""
        if any(name in self.request.headers for name in _OF_PROXIES):
            raise HTTPError(404)
        await super().get()


def hide_metrics() -> None:
    """Let Flower's metrics be `PrivateMetrics`; before it starts."""
    handlers[:] = [
        (each[0], PrivateMetrics) if isinstance(each, tuple) and each[1] is Metrics else each
        for each in handlers
    ]
