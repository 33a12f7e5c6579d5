"""Free ports of the loopback interface."""

import random
import socket

HOST = "127.0.0.1"
CONNECT_S = 1.0
LOWEST, HIGHEST = 10_000, 32_000
"""Below the range from which the system draws those of outgoing connections, which would take ours between restarts."""


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Different ports that are free just now; somebody may still be quicker, so be ready to ask again."""
    chance = random.SystemRandom()
    found: set[int] = set()
    while len(found) < count:
        port = chance.randrange(LOWEST, HIGHEST)
        if port not in found and is_free(port):
            found.add(port)
    return list(found)


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(CONNECT_S)
        return probe.connect_ex((HOST, port)) == 0
