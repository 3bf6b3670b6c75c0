"""A private MariaDB server."""

import itertools
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

import pymysql
from sqlalchemy.engine import make_url

from tests.servers.process import (
    HOST,
    await_ready,
    end_process,
    find_binary,
    free_port,
    kill_process,
    start_process,
)

USER = "crate"
PASSWORD = "crate"

CONFIG = """\
[mariadbd]
datadir = {data}
# Its own: a server that starts deletes the temporary tables of others in the same folder.
tmpdir = {folder}
socket = {folder}/mariadb.sock
pid_file = {folder}/mariadb.pid
init_file = {folder}/accounts.sql
bind_address = {host}
port = {port}
skip_name_resolve
character_set_server = utf8mb4
collation_server = utf8mb4_unicode_520_ci
max_connections = 300
performance_schema = OFF
innodb_buffer_pool_size = 64M
innodb_log_file_size = 32M
innodb_flush_log_at_trx_commit = 1
innodb_lock_wait_timeout = 10
"""

ACCOUNTS = f"""\
CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';
GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;
"""


class MariaDBServer:
    """A MariaDB in a folder of its own; durable, small buffers, port the same over restarts."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._data = folder / "data"
        self._log = folder / "mariadb.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        return self._running().pid

    @property
    def pids(self) -> list[int]:
        """Process ids of everything that was started here."""
        return [] if self._process is None else [self._process.pid]

    def start(self) -> None:
        """Create the data folder where there is none, start, and return when it answers.

        Raises:
            ServerMissingError: if MariaDB is not installed.
            RuntimeError: if it does not start.
        """
        server = find_binary("mariadbd")
        config = self._write_config()
        as_user = ["--user=root"] if os.geteuid() == 0 else []
        if not self._data.exists():
            self._create_data(config, as_user)
        self._process = start_process([server, f"--defaults-file={config}", *as_user], self._log)
        await_ready(self.answers, self._process, self._log)

    def stop(self) -> None:
        """Stop in good order; the data stay."""
        end_process(self._running())
        self._process = None

    def kill(self) -> None:
        """Kill -9; the data stay as they are on the disk."""
        kill_process(self._running())
        self._process = None

    def wipe(self) -> None:
        """Kill where it runs, and lose all data; the next start makes new ones."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._data, ignore_errors=True)

    def answers(self) -> bool:
        """Whether a client can log in at this moment."""
        try:
            pymysql.connect(host=HOST, port=self.port, user=USER, password=PASSWORD).close()
        except pymysql.OperationalError:
            return False
        return True

    def url(self, database: str = "") -> str:
        """Return SQLAlchemy's URL of a database here."""
        return f"mysql+pymysql://{USER}:{PASSWORD}@{HOST}:{self.port}/{database}?charset=utf8mb4"

    def create_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"crate_{os.getpid()}_{next(self._names)}"
        self.execute(f"CREATE DATABASE `{name}`")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database that was created here, and who is still connected to it.

        A connection that was cut half-open keeps its transaction, and the database, for ever.
        """
        name = make_url(url).database
        with (
            pymysql.connect(host=HOST, port=self.port, user=USER, password=PASSWORD) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (name,))
            for (number,) in cursor.fetchall():
                with suppress(pymysql.err.OperationalError):  # it has just ended
                    cursor.execute(f"KILL {int(number)}")
            cursor.execute(f"DROP DATABASE `{name}`")

    def execute(self, statement: str) -> None:
        """Run one statement as the administrator."""
        with (
            pymysql.connect(host=HOST, port=self.port, user=USER, password=PASSWORD) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("this MariaDB is not running")
        return self._process

    def _create_data(self, config: Path, as_user: list[str]) -> None:
        made = subprocess.run(
            [
                find_binary("mariadb-install-db"),
                f"--defaults-file={config}",
                "--auth-root-authentication-method=normal",
                "--force",  # even where this machine cannot look up its own name
                "--skip-test-db",
                *as_user,
            ],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode:
            raise RuntimeError(f"MariaDB's data folder cannot be made: {made.stdout}")

    def _write_config(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "accounts.sql").write_text(ACCOUNTS)
        config = self.folder / "my.cnf"
        config.write_text(
            CONFIG.format(data=self._data, folder=self.folder, host=HOST, port=self.port)
        )
        return config
