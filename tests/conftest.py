"""What every test shares.

Reference data and tests with `transaction=True`
    Migrations load data that tests rely on: the 98 municipalities, groups and their permissions,
    Wagtail's root page, locale and site. Django empties all tables after a test that commits for
    real (`@pytest.mark.django_db(transaction=True)`, `transactional_db`, `live_server`), and would
    leave the tests after it without them.

    Here, the rows that stand after the migrations are copied once into a schema of their own
    (`reference`), and after each such test all tables are emptied and filled from there in one
    transaction: every test finds the same data, in whatever order tests run. No test needs to ask
    for it (`serialized_rollback` is neither needed nor looked at). Tables of procrastinate, which
    Django does not manage, are emptied as well.
"""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test import TransactionTestCase
from django.test.utils import setup_databases
from psycopg import sql

REFERENCE = sql.Identifier("reference")


def _tables(schema: str) -> list[str]:
    """Return the names of the tables of that schema, without Django's record of migrations."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> 'django_migrations'"
            " ORDER BY tablename",
            [schema],
        )
        return [name for (name,) in cursor.fetchall()]


def _keep_reference_data() -> None:
    """Copy what the migrations loaded into the schema `reference`."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(REFERENCE))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(REFERENCE))
        for name in _tables("public"):
            table = sql.Identifier("public", name)
            cursor.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(table))
            if cursor.fetchone()[0]:
                cursor.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(sql.Identifier("reference", name), table))


def restore_reference_data() -> None:
    """Empty every table and fill it from `reference`. Foreign keys are checked at the end (deferred)."""
    with transaction.atomic(), connection.cursor() as cursor:
        # A connection that a test left open inside a transaction would block this for ever.
        cursor.execute("SET LOCAL lock_timeout = '20s'")
        public = sql.SQL(", ").join(sql.Identifier("public", name) for name in _tables("public"))
        cursor.execute(sql.SQL("TRUNCATE {}").format(public))
        for name in _tables("reference"):
            cursor.execute(
                sql.SQL("INSERT INTO {} SELECT * FROM {}").format(
                    sql.Identifier("public", name), sql.Identifier("reference", name)
                )
            )


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest.FixtureDef, django_db_keepdb: bool, django_db_createdb: bool
) -> Iterator[None]:
    """Beside pytest-django's work: keep the reference data, and restore it where Django would flush.

    pytest-django makes the test database only when a chosen test has its marker. Browser tests have none, and
    without this, some of them run alone would empty the developer's own database.
    """
    with django_db_blocker.unblock():
        if not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
            keep = django_db_keepdb and not django_db_createdb
            setup_databases(verbosity=0, interactive=False, aliases={"default"}, keepdb=keep)
        _keep_reference_data()
    original = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: restore_reference_data()
    yield
    TransactionTestCase._fixture_teardown = original


@pytest.fixture(autouse=True)
def no_page_outlives_a_test() -> Iterator[None]:
    """Empty the page cache: a rolled back test takes its content's version back, not what was kept under it."""
    yield
    caches["pages"].clear()
