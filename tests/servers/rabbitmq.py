"""A private RabbitMQ server."""

import itertools
import json
import os
import shutil
import subprocess
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import kombu

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
# Debian's wrapper in /usr/sbin insists on the account and folders of the system's own instance.
PROGRAMS = "/usr/lib/rabbitmq/bin"

CONFIG = """\
listeners.tcp.1 = {host}:{port}
default_user = {user}
default_pass = {password}
loopback_users = none
management.tcp.ip = {host}
management.tcp.port = {management_port}
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 16000000
log.file = false
log.console = true
log.console.level = warning
"""


class RabbitMQServer:
    """A RabbitMQ in a folder of its own, with its own port mapper (epmd) and cookie.

    Ports stay the same over restarts. Virtual hosts and queues are managed over its HTTP interface.
    """

    def __init__(
        self, folder: Path, *, port: int | None = None, management_port: int | None = None
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.management_port = management_port or free_port()
        self._epmd_port = free_port()
        self._distribution_port = free_port()
        self._data = folder / "data"
        self._log = folder / "rabbitmq.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None
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
        return [process.pid for process in (self._process, self._epmd) if process is not None]

    def start(self) -> None:
        """Start, and return when it answers.

        Raises:
            ServerMissingError: if RabbitMQ is not installed.
            RuntimeError: if it does not start.
        """
        server = find_binary("rabbitmq-server", PROGRAMS)
        environment = self._write_config()
        if self._epmd is None:
            epmd = [find_binary("epmd"), "-port", str(self._epmd_port), "-address", HOST]
            self._epmd = start_process(epmd, self._log)
        self._process = start_process([server], self._log, environment)
        await_ready(self.answers, self._process, self._log)

    def stop(self) -> None:
        """Stop in good order; queues and messages stay."""
        end_process(self._running())
        self._forget()

    def kill(self) -> None:
        """Kill -9; what is on the disk stays."""
        kill_process(self._running())
        self._forget()

    def wipe(self) -> None:
        """Kill where it runs, and lose the data folder: queues, messages and virtual hosts."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._data, ignore_errors=True)

    def answers(self) -> bool:
        """Whether the broker is up, with all its listeners."""
        try:
            return bool(self.manage("GET", "health/checks/virtual-hosts")["status"] == "ok")
        except (OSError, ValueError):
            return False

    def url(self, vhost: str = "/") -> str:
        """Return kombu's URL of a virtual host here."""
        return f"amqp://{USER}:{PASSWORD}@{HOST}:{self.port}/{quote(vhost, safe='')}"

    def create_vhost(self) -> str:
        """Create an empty virtual host and return its URL."""
        name = f"crate-{os.getpid()}-{next(self._names)}"
        self.manage("PUT", f"vhosts/{name}")
        return self.url(name)

    def delete_vhost(self, url: str) -> None:
        """Remove a virtual host with all its queues; clients there are thrown out."""
        self.manage("DELETE", f"vhosts/{url.rpartition('/')[2]}")

    def queues(self, url: str) -> dict[str, int]:
        """Return the queues of a virtual host with their numbers of messages, ready or not."""
        found = self.manage("GET", f"queues/{url.rpartition('/')[2]}?columns=name")
        names = [str(queue["name"]) for queue in found]
        with kombu.Connection(url) as connection, connection.channel() as channel:
            return {name: channel.queue_declare(name, passive=True).message_count for name in names}

    def purge(self, url: str) -> None:
        """Throw away every message that is ready in the queues of a virtual host."""
        vhost = url.rpartition("/")[2]
        for name in self.queues(url):
            self.manage("DELETE", f"queues/{vhost}/{quote(name, safe='')}/contents")

    def manage(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the HTTP interface; return what it answers, or None.

        Raises:
            OSError: if it refuses or is not there.
        """
        request = urllib.request.Request(
            f"http://{HOST}:{self.management_port}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 (our own address)
            answer = response.read()
        return json.loads(answer) if answer else None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("this RabbitMQ is not running")
        return self._process

    def _forget(self) -> None:
        self._process = None
        if self._epmd is not None:
            end_process(self._epmd)
            self._epmd = None

    def _write_config(self) -> dict[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "rabbitmq.conf"
        config.write_text(
            CONFIG.format(
                host=HOST,
                port=self.port,
                user=USER,
                password=PASSWORD,
                management_port=self.management_port,
            )
        )
        plugins = self.folder / "enabled_plugins"
        plugins.write_text("[rabbitmq_management].\n")
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONFIG_FILES": str(self.folder / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "ERL_CRASH_DUMP": str(self.folder / "erl_crash.dump"),
            # An address in place of a name: no machine's idea of its own name matters.
            "RABBITMQ_NODENAME": f"crate{self.port}@{HOST}",
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self._data),
            "RABBITMQ_PID_FILE": str(self.folder / "rabbitmq.pid"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            # No shell between: the process that is started is the one that is signalled.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
        }
