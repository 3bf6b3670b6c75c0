"""All settings of all services (design 3.2); docs/configuration.md is made from this."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from crate_core.settings.clinical import ClinicalSourceSettings
from crate_core.settings.research import ResearchDatabase
from crate_core.settings.wording import SiteWording


def _database_url(secret: SecretStr) -> SecretStr:
    try:
        backend = make_url(secret.get_secret_value()).get_backend_name()
    except ArgumentError as error:
        message = "is not a database URL; write for example mysql+pymysql://user@host/name"
        raise ValueError(message) from error
    if backend not in {"sqlite", "mysql", "mariadb", "mssql"}:
        message = f"names the engine {backend!r}; use sqlite, mysql, mariadb or mssql"
        raise ValueError(message)
    return secret


def _broker_url(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().startswith(("amqp://", "amqps://", "filesystem:///")):
        message = "must begin with amqp://, amqps:// or filesystem:///"
        raise ValueError(message)
    return secret


def _public_url(value: str) -> str:
    if not value.startswith(("http://", "https://")) or "?" in value or "#" in value:
        message = "must be http(s)://host with an optional path prefix"
        raise ValueError(message)
    return value.rstrip("/")


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError) as error:
        message = f"{value!r} is not a time zone; write for example Europe/London"
        raise ValueError(message) from error
    return value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
BrokerUrl = Annotated[SecretStr, AfterValidator(_broker_url)]


class Settings(BaseSettings):
    """Every setting; which a service must have is told by `crate_core.settings.require`."""

    model_config = SettingsConfigDict(
        env_prefix="CRATE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    # --- Everything
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key of signatures and keyed hashes; at least 32 random characters.",
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "http://127.0.0.1:8000",
        description="Where browsers reach the site, with path prefix; links in mails begin so.",
    )
    database_url: DatabaseUrl | None = Field(
        None, description="SQLAlchemy URL of the site database."
    )
    broker_url: BrokerUrl | None = Field(
        None,
        description="amqp:// or amqps:// URL of RabbitMQ, or filesystem:///folder (embedded).",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least level that is logged."
    )
    health_host: str = Field("127.0.0.1", description="Address of the private port.")
    health_port: int = Field(
        9000,
        ge=0,
        le=65535,
        description="Private port of /health and /metrics; no ingress may reach it. 0 turns it off.",
    )
    heartbeat_folder: Path | None = Field(
        None, description="Folder of the workers' heartbeat files, for probes; none writes none."
    )
    certificate_path: Path | None = Field(
        None,
        description="Certificate of the front proxy as PEM, of which the relay tells when it ends.",
    )
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "Europe/London", description="Time zone of what people read."
    )
    site: SiteWording = Field(
        default_factory=SiteWording,
        description="All wording of pages, letters and mails that is the site's own.",
    )

    # --- Jobs
    republish_seconds: float = Field(
        60,
        gt=0,
        description="A job published but not started is published again after this, "
        "then at doubling intervals up to an hour.",
    )
    task_time_limit_seconds: int = Field(
        120, ge=5, description="A task of consent or mailer is ended after this."
    )
    worker_processes: int = Field(2, ge=1, le=64, description="Processes of one worker.")

    # --- Web
    bind: str = Field("127.0.0.1:8000", description="Address and port that web listens on.")
    web_processes: int = Field(2, ge=1, le=64, description="Processes of web.")
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses whose X-Forwarded-* headers are believed, with commas, or *.",
    )
    session_idle_minutes: int = Field(30, ge=1, description="A session unused so long ends.")
    session_hours: int = Field(12, ge=1, description="A session ends after this in any case.")
    login_failures_allowed: int = Field(
        10, ge=1, description="Failed log-ins of one name or one address before it must wait."
    )
    login_failure_minutes: int = Field(15, ge=1, description="How long a failed log-in counts.")
    max_upload_bytes: int = Field(10 * 1024 * 1024, ge=1024, description="Largest PDF taken.")

    # --- Research
    research_databases: list[ResearchDatabase] = Field(
        default_factory=list, description="The research databases, the first is the default."
    )
    run_timeout_seconds: int = Field(300, ge=1, description="A statement is stopped after this.")
    run_max_rows: int = Field(10_000, ge=1, description="Rows of a run that are kept.")
    runs_per_user: int = Field(2, ge=1, description="Runs of one person at once.")

    # --- Consent
    clinical_sources: list[ClinicalSourceSettings] = Field(
        default_factory=list,
        description="Copies of clinical records in which patients are looked up.",
    )
    clinical_lookup: str = Field(
        "",
        description="Name of the clinical source that tells who a patient is; the first if empty.",
    )
    consent_lookup: str = Field(
        "", description="Name of the clinical source that tells what patients chose; none if empty."
    )
    secret_map_url: DatabaseUrl | None = Field(
        None,
        description="SQLAlchemy URL of the secret map that resolves RIDs for contact requests.",
    )
    discharge_limit_days: int | None = Field(
        1095,
        ge=0,
        description="Patients discharged longer ago are not contacted; "
        "0: never once discharged; null: no limit.",
    )
    clinician_reminder_days: list[int] = Field(
        [14, 28], description="Days after which a clinician who has not answered is reminded."
    )
    clinician_expiry_days: int = Field(
        56, ge=1, description="Days after which a question to a clinician expires."
    )
    charity_amount: Decimal = Field(
        Decimal("1.00"), ge=0, decimal_places=2, description="Given to charity for each answer."
    )
    permitted_email_domains: list[str] = Field(
        default_factory=list,
        description="Domains to which mail with patients' details may go; empty means any.",
    )

    # --- Mail
    smtp_url: SecretStr | None = Field(
        None,
        description="smtp://, smtp+starttls:// or smtps:// user:password@host:port.",
    )
    smtp_timeout_seconds: float = Field(
        20, gt=0, description="How long to wait for an answer of the SMTP server."
    )
    mail_from: str = Field("", description="Sender of all mail.")
    safety_catch: bool = Field(
        True,
        description="While true, all mail goes to the developer; the true recipient is kept.",
    )
    developer_email: str = Field("", description="Where mail goes while the safety catch is on.")

    @field_validator("clinician_reminder_days")
    @classmethod
    def _reminders_rise(cls, value: list[int]) -> list[int]:
        if value != sorted(set(value)) or any(day < 1 for day in value):
            message = "must be whole numbers of days that rise, such as [14, 28]"
            raise ValueError(message)
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of what people read."""
        return ZoneInfo(self.time_zone)

    @property
    def republish_after(self) -> timedelta:
        """`republish_seconds` as a duration."""
        return timedelta(seconds=self.republish_seconds)
