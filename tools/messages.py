"""Texts: `make messages` collects them from code and templates; every start compiles what changed.

Collecting needs GNU gettext. Compiling does not: polib does it (run inside the environment).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALES = [ROOT / "site/website/locale", ROOT / "site/website/locale_vendor"]
#: English is the language of the code: its texts stand there, and need no catalogue.
LANGUAGES = ["da"]


def compile_all() -> str:
    """Compile each catalogue whose compiled form is missing or older. Return how it went, in words."""
    compiled = 0
    for source in sorted(path for folder in LOCALES for path in folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            half = target.with_suffix(f".{os.getpid()}.half")
            polib.pofile(str(source)).save_as_mofile(str(half))
            half.replace(target)
            compiled += 1
    return f"{compiled} catalogues compiled" if compiled else "up to date"


def collect() -> None:
    """Write new texts of ours into the catalogues of every language; translations that stand are kept.

    gettext would retire texts it does not find in our code (those of Wagtail and allauth that we put
    right) and guess at new ones: both are undone.
    """
    if not shutil.which("xgettext") or not shutil.which("msgmerge"):
        sys.exit("Collecting texts needs GNU gettext. Install it: sudo apt-get install gettext")
    before = {path: polib.pofile(str(path)) for path in LOCALES[0].glob("*/LC_MESSAGES/*.po")}
    languages = [argument for language in LANGUAGES for argument in ("--locale", language)]
    ignored = [".venv", "node_modules", "var", "tests", "tools", "locale_vendor"]
    for domain, extensions in (("django", "html,txt,py"), ("djangojs", "js")):
        subprocess.run(
            [
                *(sys.executable, str(ROOT / "manage.py"), "makemessages", *languages),
                *("--domain", domain, "--extension", extensions, "--no-wrap", "--add-location", "file"),
                *(argument for name in ignored for argument in ("--ignore", name)),
            ],
            cwd=ROOT,
            check=True,
        )
    for path in sorted(LOCALES[0].glob("*/LC_MESSAGES/*.po")):
        keep_what_stood(path, before.get(path))
    report()


def keep_what_stood(path: Path, before: polib.POFile | None) -> None:
    """Take back what gettext retired or guessed in the catalogue at `path`, compared with what it was."""
    stood = {(entry.msgctxt, entry.msgid): entry for entry in before or [] if not entry.obsolete}
    catalogue = polib.pofile(str(path), wrapwidth=0)
    for entry in catalogue:
        if entry.obsolete and (entry.msgctxt, entry.msgid) in stood:
            entry.obsolete = False
        if entry.fuzzy:
            entry.flags.remove("fuzzy")
            entry.previous_msgid = entry.previous_msgid_plural = entry.previous_msgctxt = None
            old = stood.get((entry.msgctxt, entry.msgid))  # the same text, with another plural
            entry.msgstr = old.msgstr if old else ""
            entry.msgstr_plural = old.msgstr_plural if old else dict.fromkeys(entry.msgstr_plural, "")
    catalogue.save(str(path))


def report() -> None:
    """Say what is missing in Danish: the site is read in Danish first."""
    for source in sorted((LOCALES[0] / "da" / "LC_MESSAGES").glob("*.po")):
        catalogue = polib.pofile(str(source))
        missing = [entry.msgid for entry in catalogue if not entry.translated() and not entry.obsolete]
        print(f"{source.name}: {len(catalogue)} texts, {len(missing)} without Danish")
        for msgid in missing[:20]:
            print(f"    {msgid!r}")


def main() -> None:
    if "--compile" not in sys.argv:
        collect()
    print(compile_all())


if __name__ == "__main__":
    main()
