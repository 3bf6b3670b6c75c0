"""Settings of the research databases."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.engine import make_url


class ResearchDatabase(BaseModel):
    """One database that researchers query; its account can only read it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        min_length=1, max_length=50, pattern=r"^\w+$", description="Short unique name."
    )
    title: str = Field("", description="What people call it.")
    url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of a read-only account; only the runner needs it."
    )
    dialect: str = Field("", description="sqlite, mysql or mssql; from the URL if empty.")
    rid_column: str = Field("rid", description="Column that holds research IDs.")
    mrid_column: str = Field("mrid", description="Column that holds master research IDs.")

    @property
    def engine_name(self) -> str:
        """The SQL dialect of its engine: sqlite, mysql or mssql."""
        if self.dialect or self.url is None:
            return self.dialect or "sqlite"
        backend = make_url(self.url.get_secret_value()).get_backend_name()
        return "mysql" if backend == "mariadb" else backend
