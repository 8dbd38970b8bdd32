"""Is a port free on this machine? The web server itself would share a taken one without a word."""

import socket


def parse(text: str) -> int:
    """Return the port number. Raises ValueError, in words, for what is none."""
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise ValueError(f"PORT={text} is no port. Choose a number from 1024 to 65535, such as PORT=8001.")
    return port


def is_taken(port: int) -> bool:
    """Whether anybody listens on the port, on either address that `localhost` may mean."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as client:
                client.settimeout(1)
                if client.connect_ex((host, port)) == 0:
                    return True
        except OSError:  # no IPv6 here
            continue
    # Nobody answers, but somebody may hold it: listening elsewhere, or bound and not yet listening.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except PermissionError:
            raise ValueError(f"Port {port} is for root only. Choose another: PORT=8001.") from None
        except OSError:
            return True
    return False
