"""The bare limit: one mail, ready made, sent again and again by smtplib over one connection.

python -m tests.load.smtp_loop <port> <file> <times>
"""

import smtplib
import sys
from pathlib import Path


def loop(port: int, mail: bytes, times: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for at in range(times):
            server.sendmail("kurser@example.dk", [f"deltager{at}@example.dk"], mail)


if __name__ == "__main__":
    loop(int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), int(sys.argv[3]))
