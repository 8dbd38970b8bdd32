"""The course page beside the same server's bare "hello": requests/s at 1, 8 and 32 clients."""

import asyncio
from collections.abc import Iterator

from tests.load.bench_site import BenchSite
from tests.load.client import hammer

COURSE = "/kurser/playmakeren-og-faelles-skaberen/"
#: A parameter that the page cache does not know: the page is rendered anew each time.
UNCACHED = f"{COURSE}?maal=1"
SECONDS = 4.0


def run(site: BenchSite) -> Iterator[str]:
    """Yield a line per number of clients."""
    for clients in (1, 8, 32):
        rates = {}
        for name, path in (("hello", "/hello/"), ("page", COURSE), ("rendered", UNCACHED)):
            asyncio.run(hammer(site.port, path, clients=clients, seconds=0.5))  # warm
            tally = asyncio.run(hammer(site.port, path, clients=clients, seconds=SECONDS))
            assert set(tally.statuses) == {200}, tally.statuses
            rates[name] = tally
        page, rendered, hello = rates["page"], rates["rendered"], rates["hello"]
        yield (
            f"course page, {clients:>2} clients: {page.rate:7.0f}/s (p95 {page.percentile(95) * 1000:.1f} ms), "
            f"rendered anew {rendered.rate:5.0f}/s (p95 {rendered.percentile(95) * 1000:.1f} ms)  |  "
            f"hello {hello.rate:7.0f}/s"
        )
