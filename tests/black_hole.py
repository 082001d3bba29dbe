"""A port that swallows connections, without a firewall."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def full_backlog(port: int = 0) -> Iterator[int]:
    """Listen there with a queue that is full: the kernel answers to no further SYN. The port, 0 for a free one."""
    with socket.socket() as server, ExitStack() as crowd:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(0)
        for _ in range(4):
            waiting = crowd.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield int(server.getsockname()[1])
