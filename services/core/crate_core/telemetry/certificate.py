"""Tells when the certificate of the front proxy ends; read anew at each scrape, since it is renewed."""

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from crate_core.telemetry.logs import get_logger

log = get_logger(__name__)


class CertificateExpiry(Collector):
    """One gauge for one file; none while there is no certificate to read."""

    def __init__(self, path: Path | None) -> None:
        """Read the certificate at `path`, a PEM file whose first certificate is the proxy's own."""
        self._path = path

    def describe(self) -> list[Metric]:
        """Name nothing beforehand, so that registering reads nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield when the certificate ends."""
        if self._path is None:
            return
        try:
            certificate = x509.load_pem_x509_certificates(self._path.read_bytes())[0]
        except (OSError, ValueError) as error:
            log.warning("certificate cannot be read", path=str(self._path), reason=str(error))
            return
        yield GaugeMetricFamily(
            "crate_certificate_expiry_timestamp_seconds",
            "When the certificate of the front proxy ends, in seconds since 1970.",
            value=certificate.not_valid_after_utc.timestamp(),
        )
