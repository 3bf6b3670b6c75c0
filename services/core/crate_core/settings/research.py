"""Settings of the research databases."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

EngineName = Literal["sqlite", "mysql", "mssql"]
_DEFAULT_SCHEMAS: dict[str, str] = {"sqlite": "main", "mssql": "dbo"}


class ResearchDatabase(BaseModel):
    """One database that researchers query; its account can only read it.

    Web never gets the URL: it must then be told `dialect`, and for MySQL and MariaDB `schema_name`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        min_length=1, max_length=50, pattern=r"^\w+$", description="Short unique name."
    )
    title: str = Field("", description="What people call it; the name if empty.")
    url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of a read-only account; only the runner needs it."
    )
    dialect: EngineName | Literal[""] = Field(
        "", description="sqlite, mysql (also MariaDB) or mssql; from the URL if empty."
    )
    schema_name: str = Field(
        "",
        description="The one schema that may be read; if empty: the database of a MySQL or MariaDB "
        "URL, main on SQLite, dbo on SQL Server.",
    )
    rid_column: str = Field("rid", min_length=1, description="Column that holds research IDs.")
    mrid_column: str = Field("mrid", description="Column that holds master research IDs.")
    trid_column: str = Field(
        "", description="Column that holds transient research IDs, if there is one."
    )
    allowed_functions: list[str] = Field(
        default_factory=list,
        description="Functions of the site's own that queries may call, as age_at or dbo.age_at.",
    )

    @property
    def engine_name(self) -> EngineName:
        """The SQL dialect of its engine: sqlite, mysql or mssql."""
        return self.dialect or _backend_of(self.address)

    @property
    def schema_read(self) -> str:
        """The one schema that queries may read."""
        if self.schema_name:
            return self.schema_name
        if self.engine_name == "mysql":
            return (self.address.database if self.address else None) or ""
        return _DEFAULT_SCHEMAS[self.engine_name]

    @property
    def address(self) -> URL | None:
        """The URL, parsed; none where only the runner knows it."""
        return None if self.url is None else make_url(self.url.get_secret_value())

    @property
    def label(self) -> str:
        """What people call it."""
        return self.title or self.name

    @model_validator(mode="after")
    def _engine_and_schema_are_known(self) -> Self:
        try:
            backend = _backend_of(self.address)
        except ArgumentError as error:
            message = "url is not a database URL; write for example mysql+pymysql://user@host/name"
            raise ValueError(message) from error
        if self.dialect and self.url is not None and self.dialect != backend:
            message = f"dialect is {self.dialect}, but the engine of url is {backend}"
            raise ValueError(message)
        if not self.schema_read:
            message = "schema_name must be set where url does not name a database"
            raise ValueError(message)
        return self


def _backend_of(address: URL | None) -> EngineName:
    if address is None:
        return "sqlite"
    match address.get_backend_name():
        case "mysql" | "mariadb":
            return "mysql"
        case "mssql":
            return "mssql"
        case "sqlite":
            return "sqlite"
        case other:
            message = f"url names the engine {other!r}; use sqlite, mysql, mariadb or mssql"
            raise ValueError(message)
