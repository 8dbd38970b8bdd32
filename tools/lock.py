"""`make lock`: compile the locks anew from pyproject.toml, for every platform, with hashes.

Versions that stand are kept; UPGRADE=1 takes the newest that pyproject.toml allows.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"
LOCKS = {
    "requirements.txt": [],
    "requirements-dev.txt": ["--group", "dev"],
}
NODE_LOCK = "requirements-node.txt"


def compile_lock(target: str, sources: list[str]) -> None:
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"),
        *("--python-version", OLDEST_PYTHON, "--custom-compile-command", "make lock", "--no-emit-index-url"),
        *("--output-file", target, *sources),
    ]
    if os.environ.get("UPGRADE"):
        command.append("--upgrade")
    subprocess.run(command, cwd=ROOT, check=True)
    print(f"· {target}", flush=True)


def without_addresses(lock: Path) -> None:
    """Drop download addresses: the lock names contents (integrity), each machine its own registry."""
    content = json.loads(lock.read_text())
    for package in content["packages"].values():
        package.pop("resolved", None)
    lock.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def main() -> None:
    for target, more in LOCKS.items():
        compile_lock(target, ["pyproject.toml", *more])
    compile_lock(NODE_LOCK, ["--group", "node"])
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts"], cwd=ROOT, check=True)
    without_addresses(ROOT / "package-lock.json")
    print("· package-lock.json")


if __name__ == "__main__":
    main()
