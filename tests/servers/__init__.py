"""Real servers for tests: private instances on free ports, in folders of their own.

Nothing here uses a service of the system; what is started is stopped by its process id.
"""

from tests.servers.mariadb import MariaDBServer
from tests.servers.process import ServerMissingError
from tests.servers.proxy import TcpProxy
from tests.servers.rabbitmq import RabbitMQServer
from tests.servers.smtp import Reply, SmtpSink

__all__ = ["MariaDBServer", "RabbitMQServer", "Reply", "ServerMissingError", "SmtpSink", "TcpProxy"]
