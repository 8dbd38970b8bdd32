"""Calendar files as another program reads them: ical.js, run by Node (which `make test` provides)."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("read_calendar.mjs")


def read_calendar(content: str | bytes) -> dict[str, Any]:
    """Return `method` and `events` as ical.js reads them; instants are in UTC (ISO 8601).

    The reader stands in another time zone than ours: it must not matter.
    """
    node = shutil.which("node")
    assert node, "The calendar tests need Node: run them by `make test`, or put node on the path."
    text = content.encode() if isinstance(content, str) else content
    environment = {"TZ": "Asia/Tokyo", "PATH": str(Path(node).parent)}
    done = subprocess.run([node, SCRIPT], input=text, capture_output=True, check=True, env=environment)
    return json.loads(done.stdout)
