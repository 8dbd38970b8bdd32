"""The check that warns of what PostgreSQL would write down about votes."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

from evaluations.database_checks import SETTINGS, database_writes_down_no_votes

pytestmark = pytest.mark.django_db


def test_a_database_as_it_is_delivered_writes_nothing_down():
    assert database_writes_down_no_votes(None, databases=["default"]) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("log_statement", "all"), ("log_statement", "mod"), ("log_min_duration_statement", "0"), ("log_lock_waits", "on")],
)
def test_settings_by_which_votes_stand_in_a_log_are_warned_of(name, value):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])

    [warning] = database_writes_down_no_votes(None, databases=["default"])

    assert name in warning.msg and value in warning.msg
    assert warning.hint == SETTINGS[name][2]


def test_the_check_runs_where_databases_are_checked():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('log_statement', 'all', true)")

    found = run_checks(tags=[Tags.database], databases=["default"])

    assert "evaluations.W011" in {each.id for each in found}
