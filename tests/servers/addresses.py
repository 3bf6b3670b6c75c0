"""Databases and virtual hosts on servers of which only the address is known."""

import itertools
import os
from dataclasses import dataclass, field

import kombu
import sqlalchemy
from sqlalchemy.engine import make_url

_numbers = itertools.count(1)


@dataclass(frozen=True)
class DatabaseServer:
    """A database server, by the URL of an account that may create databases."""

    url: str

    def create_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"crate_{os.getpid()}_{next(_numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Remove a database that was created here."""
        self._execute(f"DROP DATABASE {make_url(url).database}")

    def _execute(self, statement: str) -> None:
        engine = sqlalchemy.create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@dataclass(frozen=True)
class BrokerAccount:
    """One virtual host of a broker that is managed by others: emptied, never created."""

    url: str
    queues: list[str] = field(
        default_factory=lambda: [
            f"crate.{service}{kind}"
            for service in ("consent", "mail", "research")
            for kind in ("", ".dead")
        ]
    )

    def create_vhost(self) -> str:
        """Remove the project's queues and return the URL."""
        with kombu.Connection(self.url) as connection, connection.channel() as channel:
            for queue in self.queues:
                channel.queue_delete(queue)
        return self.url

    def delete_vhost(self, url: str) -> None:
        """Leave it to its owner."""
