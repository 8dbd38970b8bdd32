"""The embedded PostgreSQL: a stand-in until the launcher lands."""


def ensure_running(path):
    raise SystemExit("DATABASE_URL is not set")
