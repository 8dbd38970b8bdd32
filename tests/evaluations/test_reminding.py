"""Mails of evaluations: to whom, when, once, and what they say."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.enums import AttendanceStatus, EnrolmentStatus
from enrolments.models import EnrolmentEvent
from evaluations import emails
from evaluations.enums import Audience, EvaluationStatus, Moment
from evaluations.links import answer_link
from evaluations.models import Evaluation, Survey, SurveyInvitation, Voter
from evaluations.operations import reminding
from evaluations.operations.electorate import sync_roll
from evaluations.operations.reminding import forget_mails, send_due, tend_rolls
from evaluations.schedule import local
from tests.evaluations.factories import add_voters, open_evaluation, questionnaire
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory, UserFactory
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.operations import deliver_due
from website.messaging.registry import mail_kinds

DAY = date(2027, 4, 22)
INVITED = local(DAY, time(16))
INVITATION, FIRST, LAST = (emails.INVITATIONS[Moment.END], *emails.REMINDERS)


def at(days: int, clock: time = time(10)) -> datetime:
    return local(DAY + timedelta(days=days), clock)


@pytest.fixture
def asked(db) -> Evaluation:
    return open_evaluation(
        run=CourseRunFactory(first_day=DAY, capacity=None),
        opens_at=local(DAY, time(14)),
        invites_at=INVITED,
        first_reminder_at=at(3),
        second_reminder_at=at(7),
        closes_at=at(14, time(23, 59)),
    )


def mails() -> list[tuple[str, str]]:
    return sorted(OutboxMessage.objects.values_list("kind", "to"))


def kinds() -> list[str]:
    return sorted(OutboxMessage.objects.values_list("kind", flat=True))


class TestWhen:
    def test_the_mail_the_same_afternoon_and_two_reminders_and_no_more(self, asked):
        assert tend_rolls(at=INVITED - timedelta(minutes=1)) == 0
        assert tend_rolls(at=INVITED) == 6
        assert tend_rolls(at=INVITED + timedelta(minutes=1)) == 0
        assert tend_rolls(at=at(3)) == 6
        assert tend_rolls(at=at(4)) == 0
        assert tend_rolls(at=at(7)) == 6
        assert tend_rolls(at=at(13)) == 0

        assert kinds() == sorted([INVITATION] * 6 + [FIRST] * 6 + [LAST] * 6)

    def test_reminders_go_to_those_who_have_not_answered_alone(self, asked):
        tend_rolls(at=INVITED)
        done = asked.voters.first()
        Voter.objects.filter(pk=done.pk).update(has_answered=True)
        OutboxMessage.objects.all().delete()

        assert tend_rolls(at=at(3)) == 5
        assert done.enrolment.email not in {to for _kind, to in mails()}

    def test_whoever_answered_in_the_room_gets_no_mail_at_all(self, asked):
        asked.voters.filter(pk=asked.voters.first().pk).update(has_answered=True)

        assert tend_rolls(at=INVITED) == 5

    def test_whoever_is_no_longer_concerned_is_not_reminded(self, asked):
        tend_rolls(at=INVITED)
        voter = asked.voters.select_related("enrolment").first()
        AttendanceFactory(enrolment=voter.enrolment, status=AttendanceStatus.ABSENT)

        assert tend_rolls(at=at(3)) == 5

    def test_a_walk_in_is_invited_when_they_join_and_not_reminded_the_minute_after(self, asked):
        tend_rolls(at=INVITED)
        OutboxMessage.objects.all().delete()
        EnrolmentFactory(run=asked.run, status=EnrolmentStatus.WALK_IN, email="ny@example.dk")

        assert tend_rolls(at=at(1)) == 1
        assert mails() == [(INVITATION, "ny@example.dk")]

    def test_whoever_joins_after_a_reminder_is_invited_and_then_reminded_once(self, asked):
        tend_rolls(at=INVITED), tend_rolls(at=at(3))
        OutboxMessage.objects.all().delete()
        EnrolmentFactory(run=asked.run, email="ny@example.dk")

        assert tend_rolls(at=at(4)) == 1
        assert tend_rolls(at=at(4, time(11))) == 0
        tend_rolls(at=at(7))
        assert [kind for kind, to in mails() if to == "ny@example.dk"] == [INVITATION, LAST]

    def test_a_worker_that_was_away_for_a_week_writes_once(self, asked):
        assert tend_rolls(at=at(8)) == 6
        assert set(kinds()) == {INVITATION}
        assert tend_rolls(at=at(9)) == 0

    def test_nothing_is_sent_at_night(self, asked):
        assert tend_rolls(at=at(1, time(7, 59))) == 0
        assert tend_rolls(at=at(1, time(8))) == 6

    def test_nothing_is_sent_when_it_is_closed_stopped_or_the_run_is_cancelled(self, asked):
        assert tend_rolls(at=at(15)) == 0
        CourseRun.objects.update(status=RunStatus.CANCELLED)
        assert tend_rolls(at=INVITED) == 0
        CourseRun.objects.update(status=RunStatus.OPEN)
        Evaluation.objects.update(status=EvaluationStatus.STOPPED)
        assert tend_rolls(at=INVITED) == 0

    def test_without_times_for_mails_nobody_is_written_to(self, asked):
        Evaluation.objects.update(invites_at=None, first_reminder_at=None, second_reminder_at=None)

        assert tend_rolls(at=at(8)) == 0

    @pytest.mark.django_db
    def test_three_participants_are_not_asked_by_mail_for_what_could_never_be_shown(self):
        three = open_evaluation(people=3, invites_at=timezone.now() - timedelta(minutes=1))
        now = at(1)
        Evaluation.objects.update(opens_at=INVITED, invites_at=INVITED, closes_at=at(14))
        assert tend_rolls(at=now) == 0

        add_voters(three, 2)
        assert tend_rolls(at=now) == 5

    def test_somebody_without_an_address_gets_no_mail_and_holds_nobody_up(self, asked):
        EnrolmentFactory(run=asked.run, status=EnrolmentStatus.WALK_IN, email="")

        assert tend_rolls(at=INVITED) == 6
        assert tend_rolls(at=INVITED) == 0


class TestOnce:
    def test_a_mail_and_its_counter_are_committed_together_or_not_at_all(self, asked, monkeypatch):
        def cut_off(*_args):
            raise DatabaseError

        with monkeypatch.context() as patched:
            patched.setattr(reminding, "queue_evaluation_mails", cut_off)
            tend_rolls(at=INVITED)
        assert not OutboxMessage.objects.exists()
        assert set(asked.voters.values_list("mails", flat=True)) == {0}

        assert tend_rolls(at=INVITED) == 6

    def test_one_evaluation_that_fails_holds_up_no_other(self, asked, monkeypatch, caplog):
        other = open_evaluation(
            run=CourseRunFactory(first_day=DAY, capacity=None),
            opens_at=local(DAY, time(14)),
            invites_at=INVITED,
            closes_at=at(14),
        )

        def fails_for_one(*, evaluation):
            if evaluation.pk == asked.pk:
                raise DatabaseError("deltager0@example.dk")
            return sync_roll(evaluation=evaluation)

        monkeypatch.setattr(reminding, "sync_roll", fails_for_one)

        assert tend_rolls(at=INVITED) == 6
        assert str(asked.pk) in caplog.text
        assert "example.dk" not in caplog.text
        assert set(other.voters.values_list("mails", flat=True)) == {1}

    def test_the_cost_does_not_grow_with_the_number_of_participants(self, asked):
        def cost(moment: datetime) -> int:
            with CaptureQueriesContext(connection) as captured:
                assert send_due(evaluation=asked, at=moment)
            return len(captured)

        first = cost(INVITED)
        add_voters(asked, 30)

        assert cost(at(3)) == first

    def test_many_are_written_to_batch_by_batch(self, asked, monkeypatch):
        monkeypatch.setattr(reminding, "BATCH", 4)

        assert tend_rolls(at=INVITED) == 6
        assert len({to for _kind, to in mails()}) == 6


class TestWords:
    def test_the_mail_has_ones_own_link_and_says_how_long_it_takes_and_that_it_is_anonymous(self, asked):
        voter = asked.voters.select_related("enrolment").first()
        tend_rolls(at=INVITED)
        deliver_due()

        sent = next(each for each in mail.outbox if each.to == [voter.enrolment.email])
        assert answer_link.url(voter) in sent.body
        assert voter.enrolment.name in sent.body
        assert "få minutter" in sent.body
        assert "anonymt" in sent.body
        assert "Svar senest torsdag 6. maj 2027." in sent.body
        assert "højst om det to gange" in sent.body
        others = [answer_link.token(each) for each in asked.voters.exclude(pk=voter.pk)]
        assert not any(token in sent.body for token in others)

    def test_the_three_mails_differ_and_so_do_the_three_moments(self, asked):
        words = [mail_kinds.get(kind).text for kind in (*emails.INVITATIONS.values(), *emails.REMINDERS)]

        assert len({str(each.subject) for each in words}) == len({str(each.body) for each in words}) == 5

    def test_no_mail_carries_a_picture_or_anything_that_tells_that_it_was_read(self, asked):
        tend_rolls(at=INVITED)
        deliver_due()

        for sent in mail.outbox:
            html = "".join(str(part.content) for part in sent.alternatives if part.mimetype == "text/html")
            assert "<img" not in html
            assert not sent.attachments
            assert html.count("http") == html.count(answer_link.url(Voter(pk=0)).split("/evaluering")[0])

    @pytest.mark.django_db
    @pytest.mark.parametrize("kind", [*emails.INVITATIONS.values(), *emails.REMINDERS])
    def test_each_kind_has_a_sample_for_staff(self, kind):
        text = mail_kinds.get(kind).text

        assert mail_kinds.get(kind).render(text.sample()).subject

    def test_nothing_that_leads_to_an_answer_is_stored_with_a_mail(self, asked):
        tend_rolls(at=INVITED)
        tokens = [answer_link.token(each) for each in asked.voters.all()]

        assert not any(token in str(message.context) for message in OutboxMessage.objects.all() for token in tokens)
        assert not EnrolmentEvent.objects.exists()


class TestWhoCanSee:
    """Whom a reminder went to tells who had not answered."""

    @pytest.fixture
    def staff(self, client):
        client.force_login(UserFactory(superuser=True))
        return client

    def test_the_staffs_list_of_mails_leaves_them_out(self, asked, staff, settings):
        settings.STAFF_SECOND_FACTOR_REQUIRED = False
        tend_rolls(at=INVITED)
        message = OutboxMessage.objects.first()
        OutboxMessage.objects.update(status=MailStatus.FAILED)
        page = staff.get(reverse("outbox:index"))

        assert page.status_code == 200
        assert message.to not in page.content.decode()
        assert staff.get(reverse("outbox:message", args=[message.pk])).status_code == 404
        assert staff.get(reverse("outbox:resend", args=[message.pk])).status_code == 404
        assert staff.get(reverse("outbox:index"), {"kind": INVITATION}).status_code == 200

    def test_they_are_deleted_once_it_is_closed(self, asked):
        tend_rolls(at=INVITED)
        assert forget_mails() == 0
        OutboxMessage.objects.filter(pk=OutboxMessage.objects.first().pk).update(status=MailStatus.SENDING)
        Evaluation.objects.update(
            status=EvaluationStatus.CLOSED, sealed_key=None, invited=6, answered=3, closed_at=timezone.now()
        )

        assert forget_mails() == 5
        OutboxMessage.objects.update(status=MailStatus.SENT)
        assert forget_mails() == 1


@pytest.mark.django_db
class TestSurveys:
    def survey(self) -> Evaluation:
        asked = questionnaire(moment=Moment.SURVEY)
        survey = Survey.objects.create(title_da="Frivillige", slug="x", questionnaire=asked, audience=Audience.INVITED)
        SurveyInvitation.objects.bulk_create(
            SurveyInvitation(survey=survey, email=f"a{n}@example.dk", wants_no_mail=n == 0) for n in range(6)
        )
        made = open_evaluation(run=CourseRunFactory(), people=0, asked=questionnaire())
        Evaluation.objects.filter(pk=made.pk).update(
            run=None,
            survey=survey,
            moment=Moment.SURVEY,
            opens_at=INVITED,
            invites_at=INVITED,
            first_reminder_at=at(3),
            closes_at=at(14),
        )
        made.refresh_from_db()
        return made

    def test_a_survey_writes_to_its_list_and_reminds_the_others_alone(self):
        asked = self.survey()
        assert tend_rolls(at=INVITED) == 5
        asked.voters.filter(invitation__email="a1@example.dk").update(has_answered=True)
        assert tend_rolls(at=at(3)) == 4

        assert kinds() == ["evaluations.survey_invitation"] * 5 + ["evaluations.survey_reminder"] * 4
        assert asked.voters.count() == 6
        Evaluation.objects.update(
            status=EvaluationStatus.CLOSED, sealed_key=None, invited=6, answered=3, closed_at=timezone.now()
        )
        assert forget_mails() == 9
