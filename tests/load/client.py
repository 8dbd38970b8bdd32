"""A lean HTTP/1.1 client on asyncio: many connections, little work of its own, so that the server is measured."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles


@dataclass(slots=True)
class Response:
    status: int
    headers: dict[bytes, list[bytes]]
    body: bytes
    seconds: float


@dataclass
class Tally:
    """What a load run saw: answers by status, and seconds per answer."""

    wall: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    #: Which attempts were turned away, by their number.
    refused: set[int] = field(default_factory=set)

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.wall if self.wall else 0.0

    def percentile(self, percent: int) -> float:
        """Return that percentile of seconds per answer."""
        return quantiles(self.seconds, n=100)[percent - 1] if len(self.seconds) > 1 else sum(self.seconds)

    def add(self, response: Response) -> None:
        self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
        self.seconds.append(response.seconds)


def request_bytes(method: str, path: str, port: int, *, body: bytes = b"", headers: Sequence[str] = ()) -> bytes:
    """Return a request for a server on localhost, ready to be sent over a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{port}", "Connection: keep-alive", *headers]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Response:
    """Send one request and read its whole answer."""
    began = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    status_line, *lines = head.rstrip().split(b"\r\n")
    headers: dict[bytes, list[bytes]] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    if headers.get(b"transfer-encoding") == [b"chunked"]:
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get(b"content-length", [b"0"])[0]))
    return Response(int(status_line.split()[1]), headers, body, time.perf_counter() - began)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


async def hammer(port: int, path: str, *, clients: int, seconds: float) -> Tally:
    """Ask for `path` over `clients` connections, each at once after its answer, for so many seconds."""
    request, tally = request_bytes("GET", path, port), Tally()
    began = time.perf_counter()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() - began < seconds:
            tally.add(await exchange(reader, writer, request))
        writer.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    tally.wall = time.perf_counter() - began
    return tally
