"""Find a Chromium that starts, for the browser tests; install one where we may."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
HOW = "sudo apt-get install chromium (Ubuntu: sudo .venv/bin/python -m playwright install --with-deps chromium)"
#: Without a sandbox of its own Chromium also runs as root and in containers; it only ever sees our pages.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """Return the path of a browser that starts: CHROMIUM, one on the PATH, or one Playwright fetched."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [*map(shutil.which, NAMES), *map(str, _fetched())]
    return next((path for path in candidates if path and _starts(path)), None)


def install(python: str) -> str | None:
    """As root on a machine with apt-get, install Chromium. Return why not, or None when there is one now."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"no Chromium, and only root can install it: {HOW}"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        [python, "-m", "playwright", "install", "--with-deps", "chromium"],  # Ubuntu's package is only a snap
    ):
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0 and command[1] != "update" and find():
            return None
    return f"Chromium could not be installed ({done.stderr.strip()[-200:]}). Install it: {HOW}"


def _fetched() -> list[Path]:
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return sorted(folder.glob("chromium-*/chrome-linux*/chrome"), reverse=True)


def _starts(path: str) -> bool:
    """Ubuntu's /usr/bin/chromium-browser may be a script that only asks for a snap."""
    try:
        done = subprocess.run([path, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"Chrom" in done.stdout
