"""A line that is always slow: `BROWSER_LATENCY=700 make test ARGS=tests/e2e` answers every request so much later.

A test that acts before the page's scripts or style sheets are there then fails every time, not one time in fifty.
"""

import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: In milliseconds; 0 is the line as it is.
LATENCY = int(os.environ.get("BROWSER_LATENCY", "0"))


class LatencyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        time.sleep(LATENCY / 1000)
        return self.get_response(request)
