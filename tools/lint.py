"""`make lint`: every check, even after one failed, and a line for each."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATH = os.pathsep.join([str(ROOT), str(ROOT / "site")])
PYTHON = sys.executable
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))
# mypy reads the settings, which would start the embedded database: an address that nobody asks will do.
ENVIRONMENT = {"DATABASE_URL": "postgres://nobody@localhost/none", **os.environ, "PYTHONPATH": PATH}
CHECKS = {
    "format (ruff)": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "rules (ruff)": [PYTHON, "-m", "ruff", "check", "."],
    "templates (djade)": [str(Path(PYTHON).with_name("djade")), "--check", "--target-version", "5.2", *TEMPLATES],
    "imports point one way (import-linter)": [
        *(PYTHON, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
    ],
    "types (mypy)": [PYTHON, "-m", "mypy"],
}


def main() -> int:
    failed = 0
    for name, command in CHECKS.items():
        began = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=ENVIRONMENT,
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
