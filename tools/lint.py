"""`make lint`: every check, even after one failed, and a line for each."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATH = os.pathsep.join([str(ROOT), str(ROOT / "site")])
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))
CHECKS = {
    "format (ruff)": ["-m", "ruff", "format", "--check", "."],
    "rules (ruff)": ["-m", "ruff", "check", "."],
    "templates (djade)": ["-m", "djade", "--check", "--target-version", "5.2", *TEMPLATES],
    "imports point one way (import-linter)": [
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ],
    "types (mypy)": ["-m", "mypy"],
}


def main() -> int:
    failed = 0
    for name, arguments in CHECKS.items():
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": PATH},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        if done.returncode:
            failed += 1
            print(done.stdout.rstrip())
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
