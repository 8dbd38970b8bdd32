"""A mail server that keeps what it accepts: a line in a file for each mail, written before it answers.

    python -m tests.messaging.smtp_sink <port> <file> [seconds per mail]

It lives in one thread, so that `kill -9` can come between line and answer for one mail at most. What it says to a
recipient hangs on the address: `550@…` is refused for good, `450@…` and `450.a@…` for now, `421@…` closes the
connection and `drop@…` cuts it after the mail was taken, without an answer.
"""

import asyncio
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
RECIPIENT = re.compile(rb"TO:\s*<([^>]*)>", re.IGNORECASE)


@dataclass
class Ledger:
    """What the server has accepted and how often it was called: in memory, and in a file if it has one."""

    file: Path | None = None
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    senders: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._fd = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if self.file else None

    def keep(self, recipient: str, mail: bytes) -> None:
        found = MESSAGE_ID.search(mail)
        message_id = found[1] if found else b"-"
        if self._fd is None:
            self.accepted.append((recipient, mail))
        else:
            os.write(self._fd, message_id + b"\n")


class Session(asyncio.Protocol):
    """One connection. Answers each line; keeps a mail and answers in one breath."""

    def __init__(self, ledger: Ledger, delay: float) -> None:
        self.ledger, self.delay = ledger, delay
        self.buffer, self.reading_mail, self.recipient = b"", False, ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ledger.connections += 1
        self.say(b"220 sink")

    def say(self, line: bytes) -> None:
        self.transport.write(line + b"\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = b"\r\n.\r\n" if self.reading_mail else b"\r\n"
            piece, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            if self.reading_mail:
                self.reading_mail = False
                asyncio.get_running_loop().call_later(self.delay, self.accept, piece)
            else:
                self.answer(piece)

    def answer(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self.say(b"250-sink\r\n250 8BITMIME")
        elif verb == b"RCPT":
            self.answer_recipient(RECIPIENT.search(line)[1].decode())
        elif verb == b"DATA":
            self.reading_mail = True
            self.say(b"354 go on")
        elif verb == b"QUIT":
            self.say(b"221 bye")
            self.transport.close()
        else:
            if verb == b"MAIL":
                self.ledger.senders.append(line)
            self.say(b"250 ok")

    def answer_recipient(self, recipient: str) -> None:
        self.recipient = recipient
        match re.split(r"[.@]", recipient)[0]:
            case "550":
                self.say(b"550 5.1.1 No such user")
            case "450":
                self.say(b"450 4.2.0 Come back later")
            case "421":
                self.say(b"421 4.7.0 Too many mails, slow down")
                self.transport.close()
            case _:
                self.say(b"250 ok")

    def accept(self, mail: bytes) -> None:
        self.ledger.keep(self.recipient, mail)
        if self.recipient.startswith("drop@"):
            self.transport.close()
        else:
            self.say(b"250 kept")


@contextmanager
def sink() -> Iterator[tuple[int, Ledger]]:
    """A sink in a thread of this process: yields its port and what it accepts."""
    ledger, loop = Ledger(), asyncio.new_event_loop()
    # All of the loop is in the thread: this one may have a loop of the browser tests running.
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(
        loop.create_server(lambda: Session(ledger, 0), "127.0.0.1", 0), loop
    ).result()
    try:
        yield server.sockets[0].getsockname()[1], ledger
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def serve(port: int, file: Path, delay: float) -> None:
    ledger = Ledger(file)
    server = await asyncio.get_running_loop().create_server(lambda: Session(ledger, delay), "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0))
