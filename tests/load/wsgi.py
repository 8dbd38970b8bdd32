"""The site's WSGI application, and beside it the least this server can do: `/hello/`."""

from collections.abc import Callable, Iterable
from typing import Any

from website.wsgi import application as site


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer /hello/ with five bytes and everything else with the site."""
    if environ["PATH_INFO"] == "/hello/":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"hello"]
    return site(environ, start_response)
