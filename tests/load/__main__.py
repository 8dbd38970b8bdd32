"""`make bench`: our side beside the limit, in one run. `make bench ARGS="rush"` measures one part."""

import importlib
import os
import sys

from tests.load.bench_site import ROOT, database, serving

PARTS = (
    "queries",
    "pages",
    "rush",
    "checkins",
    "workspace",
    "reports",
    "certificates",
    "evaluations",
    "closing",
    "evaluation_results",
    "mails",
)
#: Parts that ask the running site; the others work in this process.
ON_SITE = ("pages", "rush", "checkins", "evaluations")


def main() -> None:
    chosen = sys.argv[1:] or PARTS
    if unknown := set(chosen) - set(PARTS):
        sys.exit(f"There is no {', '.join(unknown)}. Choose from: {', '.join(PARTS)}.")
    sys.path.insert(0, str(ROOT / "site"))
    with database() as url:
        print("preparing a site with the demo …", flush=True)
        with serving(url) as site:
            os.environ.update(site.environment)
            import django

            django.setup()
            for part in PARTS:
                if part in chosen:
                    print(f"\n{part}", flush=True)
                    measure = importlib.import_module(f"tests.load.{part}").run
                    for line in measure(site) if part in ON_SITE else measure():
                        print(f"  {line}", flush=True)
            from django.db import connections

            connections.close_all()


if __name__ == "__main__":
    main()
