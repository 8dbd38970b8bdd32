"""/healthz/ and /readyz/: what load balancers and `make demo` wait for."""

import re
import time

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


def worker_seen(*, seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )


def test_alive_asks_nothing_of_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz/")

    assert response.json() == {"status": "alive"}
    assert "no-store" in response["Cache-Control"]


def test_ready_when_the_database_the_migrations_and_a_worker_are(client):
    worker_seen(seconds_ago=5)

    response = client.get("/readyz/")

    assert response.json() == {"status": "ready", "database": "ok", "migrations": "ok", "worker": "ok"}
    assert response.status_code == 200


def test_not_ready_without_a_worker(client):
    response = client.get("/readyz/")

    assert response.status_code == 503
    assert response.json()["worker"].startswith("none runs")


def test_not_ready_when_the_worker_is_silent(client):
    started = time.monotonic()
    worker_seen(seconds_ago=600)

    response = client.get("/readyz/")

    assert response.status_code == 503
    silent = int(re.match(r"silent for (\d+) s", response.json()["worker"])[1])
    # To the second, and what this machine has taken since.
    assert 600 <= silent <= 601 + time.monotonic() - started


def test_not_ready_while_a_migration_is_missing(client):
    worker_seen(seconds_ago=5)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'courses' AND name = '0001_initial'")
    try:
        response = client.get("/readyz/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('courses', '0001_initial', now())"
            )

    assert response.status_code == 503
    assert response.json()["migrations"].startswith("1 not applied (first: courses.0001_initial)")


def test_not_ready_when_the_database_does_not_answer(client, monkeypatch):
    parameters = connection.get_connection_params()
    monkeypatch.setattr(connection, "get_connection_params", lambda: {**parameters, "dbname": "does_not_exist"})

    response = client.get("/readyz/")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "database": "does not answer (OperationalError)"}
