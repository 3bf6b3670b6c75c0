"""TLS to database, broker and mail server is as docs/operations.md says, and asks who answers."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from cryptography.hazmat.primitives import serialization
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from crate_core.celery.application import make_app
from crate_core.celery.publisher import Publisher
from crate_core.celery.queues import open_connection
from crate_core.database import Database, make_engine
from crate_core.errors import TemporaryError
from crate_core.jobs import Task
from crate_core.settings import Settings
from crate_flower.application import make_app as make_flower
from crate_mailer.address import parse_smtp_url
from crate_mailer.transport import SmtpTransport
from tests.conftest import started
from tests.deploy.certificates import HOST_NAME, make_certificate
from tests.integration.celery.conftest import ask, marks, running_worker
from tests.servers import MariaDBServer, RabbitMQServer
from tests.servers.process import HOST, free_port
from tests.waiting import wait_until

ELSEWHERE = "127.0.0.2"
"""Another address of this machine, at which the same servers answer with a certificate for `HOST`."""


class Authority:
    """A certificate for `HOST` and its key, in files."""

    def __init__(self, folder: Path) -> None:
        key, certificate = make_certificate(HOST)
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        form = serialization.PrivateFormat.PKCS8
        secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        self.key.write_bytes(secret)
        # Servers that root starts read them as another user.
        for each in (folder, self.certificate, self.key):
            each.chmod(0o755 if each.is_dir() else 0o644)

    def context(self) -> ssl.SSLContext:
        """Return what a server needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is in the trust store of this process."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))


# --- Broker


class SecureRabbitMQ(RabbitMQServer):
    """A broker that speaks TLS, too."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        super().__init__(folder)
        self._authority = authority
        self.secure_port = free_port()

    def _write_config(self) -> dict[str, str]:
        environment = super()._write_config()
        with (self.folder / "rabbitmq.conf").open("a") as config:
            config.write(
                f"listeners.ssl.1 = {HOST}:{self.secure_port}\n"
                f"listeners.ssl.2 = {ELSEWHERE}:{self.secure_port}\n"
                f"ssl_options.certfile = {self._authority.certificate}\n"
                f"ssl_options.keyfile = {self._authority.key}\n"
            )
        return environment

    def secure_url(self, host: str = HOST) -> str:
        """Return the URL for TLS."""
        return (
            self.url()
            .replace(f"@{HOST}:{self.port}/", f"@{host}:{self.secure_port}/")
            .replace("amqp://", "amqps://")
        )


@pytest.fixture(scope="module")
def broker(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[SecureRabbitMQ]:
    with started(lambda: SecureRabbitMQ(tmp_path_factory.mktemp("broker"), authority)) as server:
        yield server


@pytest.mark.usefixtures("trusted")
def test_jobs_are_published_over_tls(broker: SecureRabbitMQ) -> None:
    with Publisher(broker.secure_url()) as publisher:
        publisher.publish([(Task.SEND_MAIL, 1), (Task.SEND_REMINDER, 2)])
    with open_connection(broker.secure_url()) as connection, connection.channel() as channel:
        assert channel.queue_declare("crate.mail", passive=True).message_count == 1


@pytest.mark.usefixtures("trusted")
def test_a_worker_does_its_jobs_over_tls(
    broker: SecureRabbitMQ, sqlite_database: Database, tmp_path: Path
) -> None:
    url = broker.secure_url()
    with running_worker(sqlite_database, url, tmp_path) as worker, Publisher(url) as publisher:
        wait_until(worker.is_ready)
        for subject in range(20):
            ask(sqlite_database, subject)
        publisher.publish([(Task.PROCESS_CONTACT_REQUEST, job) for job in range(1, 21)])
        wait_until(lambda: marks(sqlite_database) == 20)


def test_a_broker_whose_certificate_nobody_trusts_gets_no_password(broker: SecureRabbitMQ) -> None:
    with pytest.raises(TemporaryError, match="SSLCertVerificationError"):
        Publisher(broker.secure_url()).publish([(Task.SEND_MAIL, 1)])


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("client", ["relay", "worker", "flower"])
def test_the_certificate_of_another_server_is_refused(broker: SecureRabbitMQ, client: str) -> None:
    """Whoever has any certificate of a trusted authority could take passwords and messages else."""

    def connect(host: str) -> None:
        url = broker.secure_url(host)
        if client == "relay":
            connection = open_connection(url)
        elif client == "worker":
            settings = Settings(broker_url=url)
            connection = make_app("mailer", settings).connection_for_write()
        else:
            connection = make_flower(url).connection_for_read()
        with connection:
            connection.connect()

    connect(HOST)
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(ELSEWHERE)


# --- Database


class SecureMariaDB(MariaDBServer):
    """A database server that speaks TLS, too."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        super().__init__(folder)
        self._authority = authority

    def _write_config(self) -> Path:
        path = super()._write_config()
        with path.open("a") as config:
            config.write(
                f"ssl_cert = {self._authority.certificate}\nssl_key = {self._authority.key}\n"
            )
        return path


@pytest.fixture(scope="module")
def database(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[SecureMariaDB]:
    with started(lambda: SecureMariaDB(tmp_path_factory.mktemp("database"), authority)) as server:
        yield server


def test_the_site_database_is_used_over_tls(database: SecureMariaDB, authority: Authority) -> None:
    engine = make_engine(f"{database.url('mysql')}&ssl_ca={authority.certificate}")
    with engine.connect() as connection:
        [(_, cipher)] = connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).all()
    engine.dispose()
    assert cipher.startswith("TLS_")


def test_a_database_that_is_another_one_is_refused(
    database: SecureMariaDB, authority: Authority
) -> None:
    url = database.url("mysql").replace(f"@{HOST}:", f"@{HOST_NAME}:")
    other = Path("/etc/ssl/certs/ca-certificates.crt")
    for address, bundle in ((url, authority.certificate), (database.url("mysql"), other)):
        engine = make_engine(f"{address}&ssl_ca={bundle}")
        with pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
            engine.connect()
        engine.dispose()


# --- Mail server


class Kept(Message):
    """Keeps what arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[str] = []

    def handle_message(self, message: object) -> None:
        self.arrived.append(str(message))


@pytest.fixture(params=["smtps", "smtp+starttls"])
def mail_server(request: pytest.FixtureRequest, authority: Authority) -> Iterator[tuple[str, Kept]]:
    """A mail server that takes nothing without TLS: its URL, and what it got."""
    kept, context = Kept(), authority.context()
    options = (
        {"ssl_context": context}
        if request.param == "smtps"
        else {"tls_context": context, "require_starttls": True}
    )
    port = free_port()
    controller = Controller(kept, hostname=HOST, port=port, **options)
    controller.start()
    yield f"{request.param}://{HOST}:{port}", kept
    controller.stop()


def send(url: str) -> None:
    """Hand over a mail."""
    transport = SmtpTransport(parse_smtp_url(url), 5)
    try:
        transport.send(
            "a@example.org", "b@example.org", b"Subject: x\r\n\r\nx\r\n", before_data=lambda: None
        )
    finally:
        transport.close()


@pytest.mark.usefixtures("trusted")
def test_mail_goes_out_over_tls(mail_server: tuple[str, Kept]) -> None:
    url, kept = mail_server
    send(url)
    assert len(kept.arrived) == 1


@pytest.mark.usefixtures("trusted")
def test_a_mail_server_that_is_another_one_gets_no_mail(mail_server: tuple[str, Kept]) -> None:
    url, kept = mail_server
    with pytest.raises(TemporaryError, match="certificate"):
        send(url.replace(HOST, HOST_NAME))
    assert not kept.arrived
