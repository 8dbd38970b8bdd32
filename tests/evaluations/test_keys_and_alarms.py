"""The worker alone has the private keys, and staff hear of what goes wrong."""

import os
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations import checks
from evaluations.attention import evaluations_in_trouble
from evaluations.enums import EvaluationStatus, Trouble
from evaluations.models import Evaluation
from evaluations.sealing import worker_keys
from tests.evaluations.factories import open_evaluation, questionnaire
from tests.factories import CourseRunFactory, UserFactory
from tools import demo


def ids(found) -> list[str]:
    return [each.id for each in found]


def test_a_new_key_is_one_that_the_worker_can_use(settings):
    out = StringIO()
    call_command("new_evaluation_key", stdout=out)
    settings.EVALUATION_PRIVATE_KEYS = [out.getvalue().strip()]

    assert len(worker_keys()) == 1


class TestChecks:
    def test_a_web_server_with_a_key_is_warned_and_a_deployment_with_one_fails(self, monkeypatch):
        monkeypatch.setattr(sys, "argv", ["manage.py", "runserver"])
        assert ids(checks.web_has_no_private_key(None)) == ["evaluations.W001"]
        monkeypatch.setattr(sys, "argv", ["manage.py", "check", "--deploy"])
        assert ids(checks.deployment_has_no_private_key(None)) == ["evaluations.E001"]

    def test_without_a_key_the_web_is_as_it_should_be_and_the_worker_is_not(self, monkeypatch, settings):
        settings.EVALUATION_PRIVATE_KEYS = []
        monkeypatch.setattr(sys, "argv", ["manage.py", "runserver"])
        assert not checks.web_has_no_private_key(None)
        assert not checks.deployment_has_no_private_key(None)
        assert not checks.worker_has_a_private_key(None)
        monkeypatch.setattr(sys, "argv", ["manage.py", "procrastinate", "worker"])
        assert ids(checks.worker_has_a_private_key(None)) == ["evaluations.W002"]

    def test_addresses_must_be_kept_until_the_follow_up_is_answered(self, settings):
        assert not checks.contact_data_lasts_as_long_as_the_follow_up(None)
        settings.RETENTION = settings.RETENTION | {"contact": {"days": 104}}
        assert ids(checks.contact_data_lasts_as_long_as_the_follow_up(None)) == ["evaluations.E002"]


def test_the_demo_makes_a_key_and_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "VAR", tmp_path / "var")
    monkeypatch.setattr(demo, "VENV_PYTHON", sys.executable)
    environment = dict(os.environ)
    key = demo.evaluation_key(environment)

    assert len(key) == 44
    assert demo.evaluation_key(environment) == key
    assert (tmp_path / "var" / "evaluation-key").stat().st_mode & 0o077 == 0


@pytest.mark.django_db
class TestAttention:
    @pytest.fixture
    def organiser(self):
        return UserFactory(staff=True, organiser=True)

    def items(self, user) -> list:
        return list(evaluations_in_trouble(user))

    def test_a_missing_key_is_urgent(self, organiser):
        asked = open_evaluation()
        assert not self.items(organiser)
        Evaluation.objects.update(trouble=Trouble.KEY_MISSING)
        (item,) = self.items(organiser)

        assert item.urgent
        assert str(asked.run) in item.text
        assert f"/{asked.run_id}/evaluation/" in item.url

    def test_what_is_neither_opened_nor_counted_in_time_is_urgent(self, organiser):
        now = timezone.now()
        open_evaluation(closes_at=now - timedelta(minutes=20))
        asked = questionnaire()
        Evaluation.objects.create(
            run=CourseRunFactory(), moment=asked.moment, questionnaire=asked,
            opens_at=now - timedelta(minutes=20), closes_at=now + timedelta(days=1),
        )  # fmt: skip
        assert [item.urgent for item in self.items(organiser)] == [True, True]

    def test_silence_two_days_after_people_were_asked_is_told_until_somebody_answers(self, organiser):
        now = timezone.now()
        asked = open_evaluation(opens_at=now - timedelta(days=3), invites_at=now - timedelta(days=2, hours=1))
        (item,) = self.items(organiser)
        assert not item.urgent

        asked.voters.filter(pk=asked.voters.first().pk).update(has_answered=True)
        assert not self.items(organiser)

    def test_under_five_it_tells_nobody_that_nobody_has_answered(self, organiser):
        now = timezone.now()
        open_evaluation(people=4, opens_at=now - timedelta(days=3), invites_at=now - timedelta(days=3))

        assert not self.items(organiser)

    def test_it_costs_two_queries_however_many_there_are_and_editors_see_nothing(self, organiser):
        for _each in range(4):
            open_evaluation(people=0)
        Evaluation.objects.update(trouble=Trouble.KEY_WRONG)
        with CaptureQueriesContext(connection) as captured:
            assert len(self.items(organiser)) == 4
        assert len([q for q in captured if "evaluations_evaluation" in q["sql"]]) == 2
        assert not self.items(UserFactory(staff=True, editor=True))

    def test_a_closed_one_is_no_trouble(self, organiser):
        open_evaluation()
        Evaluation.objects.update(
            status=EvaluationStatus.CLOSED, sealed_key=None, invited=6, answered=0, closed_at=timezone.now()
        )
        assert not self.items(organiser)
