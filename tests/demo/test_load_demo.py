from collections import Counter
from datetime import timedelta

import pytest
from django.apps import apps
from django.db.models import Count, F
from django.utils import timezone
from wagtail.models import Page, Site

from courses.enums import RegistrationState
from courses.models import AttendanceRule, CourseDay, CoursePage, CourseRun, Organisation, Presenter, Venue
from demo.loader import load
from demo.loader.users import PASSWORD, USERS
from enrolments.enums import (
    AttendanceStatus,
    BillingMethod,
    EnrolmentStatus,
    EventKind,
    OfferStatus,
    RequestStatus,
    Requirement,
    RunChangeStatus,
)
from enrolments.models import (
    Answer,
    Attendance,
    AttendanceChange,
    ChangeRequest,
    Enrolment,
    EnrolmentEvent,
    Offer,
    Payer,
    Registration,
    RunChange,
    SeatHold,
)
from enrolments.operations.questions import questions_of
from enrolments.reports.attendance_state import state_of_run
from enrolments.reports.missing import days_missing_attendance
from website.accounts.models import User
from website.core.fields import validate_ean
from website.home.models import HomePage
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

OURS = ("courses", "enrolments", "modules", "accounts", "home", "images", "demo", "wagtailcore", "account")


def count_rows() -> dict[str, int]:
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label in OURS and model._meta.managed
    }


def test_a_second_load_adds_and_changes_nothing(demo: int) -> None:
    before, seats = count_rows(), list(CourseRun.objects.values_list("pk", "seats__version").order_by("pk"))

    assert load() == 0

    assert count_rows() == before
    assert list(CourseRun.objects.values_list("pk", "seats__version").order_by("pk")) == seats


def test_a_load_weeks_later_leaves_days_where_they_are(demo: int) -> None:
    days = list(CourseDay.objects.values_list("pk", "date").order_by("pk"))

    load(now=timezone.now() + timedelta(days=40))

    assert list(CourseDay.objects.values_list("pk", "date").order_by("pk")) == days


def test_what_people_changed_or_deleted_stays_so(demo: int) -> None:
    page = CoursePage.objects.get(slug="samskabelse-i-praksis")
    page.title, page.slug = "Vores eget kursus", "vores-eget-kursus"
    page.save_revision().publish()
    CourseRun.objects.get(label="Aalborg", course__slug="forhandling-som-ledelsesredskab").delete()
    CourseRun.objects.filter(label="København").update(label="Amager")

    load()

    assert not CoursePage.objects.filter(slug="samskabelse-i-praksis").exists()
    assert not CourseRun.objects.filter(label="København").exists()
    assert not CourseRun.objects.filter(label="Aalborg", course__slug="forhandling-som-ledelsesredskab").exists()


def test_the_front_page_replaces_the_welcome_of_wagtail(demo: int) -> None:
    home = HomePage.objects.get()

    assert Site.objects.get(is_default_site=True).root_page_id == home.pk
    assert [page.pk for page in Page.objects.filter(depth=2)] == [home.pk]


def test_every_page_answers(demo: int, client) -> None:
    pages = Page.objects.live().filter(depth__gt=1)

    answers = {page.url: client.get(page.url).status_code for page in pages}

    assert len(answers) >= 12
    assert {url: status for url, status in answers.items() if status != 200} == {}
    assert {"/", "/kurser/", "/ledelse-af-frivillige/", "/tilgaengelighed/", "/privatliv/"} <= answers.keys()


def test_links_between_pages_lead_somewhere(demo: int, client) -> None:
    html = client.get("/ledelse-af-frivillige/").content.decode()

    assert 'href="/kurser/playmakeren-og-faelles-skaberen/"' in html
    assert 'href="/kurser/ledelse-af-og-samarbejde-med-frivillige/"' in html
    assert "page:" not in html
    assert "<li>" in html
    assert "&#x27;type&#x27;" not in html, "a block's items are shown, not their storage"


def test_public_pages_name_no_participant(demo: int, client) -> None:
    people = set(Enrolment.objects.exclude(name="").values_list("name", flat=True)) | set(
        Registration.objects.values_list("contact_name", flat=True)
    )
    shown = "".join(client.get(page.url).content.decode() for page in Page.objects.live().filter(depth__gt=1))

    assert not [name for name in people if name in shown]
    addresses = Enrolment.objects.exclude(email="").values_list("email", flat=True)
    assert not [email for email in addresses if email in shown]


def test_history_of_the_source_documents_is_there(demo: int) -> None:
    held = {(day.run.course.slug, day.date.isoformat(), day.run.place) for day in CourseDay.objects.all()}

    assert ("den-nye-kommunale-ledelsesform", "2015-04-23", "") in held
    assert ("playmakeren-og-faelles-skaberen", "2016-12-09", "Herlev") in held
    assert ("playmakeren-og-faelles-skaberen", "2016-12-12", "Aarhus") in held


def test_runs_stand_in_every_state(demo: int) -> None:
    runs = list(CourseRun.objects.for_display())
    states = Counter(run.registration_state() for run in runs)

    assert len(runs) >= 12
    assert {*RegistrationState} - {RegistrationState.FULL} <= set(states)
    assert any(run.takes_registrations() and run.is_free for run in runs)
    assert any(run.status == "draft" for run in runs)
    assert CourseDay.objects.filter(date=timezone.localdate(), presenters__user__email="underviser@example.dk").exists()


def test_the_theme_day_is_held_again_in_both_towns(demo: int) -> None:
    runs = CourseRun.objects.upcoming().filter(course__slug="playmakeren-og-faelles-skaberen")

    assert sorted(run.place for run in runs) == ["Aarhus", "Herlev"]


def test_the_diploma_module_has_four_days(demo: int) -> None:
    runs = CourseRun.objects.upcoming().filter(course__slug="ledelse-af-og-samarbejde-med-frivillige")

    assert [run.days.count() for run in runs] == [4, 4, 4]


def test_enrolments_stand_in_every_status_with_a_history_that_fits(demo: int) -> None:
    statuses = Counter(Enrolment.objects.values_list("status", flat=True))
    begins = [
        *(EventKind.REGISTERED, EventKind.WAITLISTED, EventKind.REPLACES, EventKind.MOVED_HERE),
        EventKind.WALKED_IN,
    ]
    first_events = EnrolmentEvent.objects.filter(kind__in=begins)
    came_first = Enrolment.objects.filter(replaces=None, moved_from=None, registration__is_walk_in=False)

    assert sum(statuses.values()) >= 250
    assert set(statuses) == {*EnrolmentStatus}
    kinds = {*begins, EventKind.SEATED, EventKind.CANCELLED, EventKind.OFFERED, EventKind.REPLACED, EventKind.REQUESTED}
    assert set(EnrolmentEvent.objects.values_list("kind", flat=True)) >= kinds
    assert first_events.count() == sum(statuses.values())
    assert not EnrolmentEvent.objects.filter(at__gt=timezone.now()).exists()
    assert not came_first.exclude(created_at=F("registration__created_at")).filter(name__gt="").exists()
    assert not Enrolment.objects.filter(cancelled_at__lt=F("created_at")).exists()


def test_seats_and_line_agree_with_the_enrolments(demo: int) -> None:
    for run in CourseRun.objects.select_related("seats"):
        counted = Counter(run.enrolments.values_list("status", flat=True))
        assert (run.seats.taken, run.seats.waiting) == (counted["confirmed"], counted["waiting"])
        assert not run.seats.waiting or run.seats.free == 0
    assert Registration.objects.filter(keep_together=True, enrolments__status=EnrolmentStatus.WAITING).exists()


def test_registrations_are_numbered_in_the_order_they_came(demo: int) -> None:
    moments = list(Registration.objects.order_by("pk").values_list("created_at", flat=True))

    assert moments == sorted(moments)
    sizes = set(Registration.objects.annotate(size=Count("enrolments")).values_list("size", flat=True))
    assert {1, 2, 8} <= sizes <= set(range(1, 10))


def test_payers_have_valid_ean_numbers_or_addresses(demo: int) -> None:
    for number in Payer.objects.filter(billing_method=BillingMethod.EAN).values_list("ean", flat=True):
        validate_ean(number)
    assert set(Payer.objects.values_list("billing_method", flat=True)) == {BillingMethod.EAN, BillingMethod.EMAIL}
    came_to_the_door = Enrolment.objects.filter(registration__is_walk_in=True)
    assert not Enrolment.objects.filter(registration__price__gt=0, payer=None).difference(came_to_the_door).exists()
    assert not Payer.objects.filter(registration__price=0).exists()


def test_every_address_is_made_up(demo: int) -> None:
    addresses = [
        *Enrolment.objects.exclude(email="").values_list("email", flat=True),
        *Registration.objects.exclude(contact_email="").values_list("contact_email", flat=True),
        *Payer.objects.exclude(invoice_email="").values_list("invoice_email", flat=True),
        *Presenter.objects.exclude(email="").values_list("email", flat=True),
        *User.objects.filter(email__in=[user[0] for user in USERS]).values_list("email", flat=True),
    ]

    assert {address.rpartition("@")[2] for address in addresses} == {"example.dk"}
    assert all(address.isascii() for address in addresses)


def test_attendance_is_taken_on_past_days_only_and_every_change_is_kept(demo: int) -> None:
    assert set(Attendance.objects.values_list("status", flat=True)) == {*AttendanceStatus}
    assert not Attendance.objects.filter(day__date__gte=timezone.localdate()).exists()
    assert AttendanceChange.objects.count() > Attendance.objects.count()
    assert not Attendance.objects.annotate(changes_kept=Count("changes")).filter(changes_kept=0).exists()
    held = CourseDay.objects.filter(date__lt=timezone.localdate(), run__enrolments__status="confirmed")
    assert held.count() > Attendance.objects.count(), "some were not taken"


def test_no_mail_leaves_for_people_who_do_not_exist(demo: int) -> None:
    assert set(OutboxMessage.objects.values_list("status", flat=True)) == {MailStatus.SENT}


@pytest.mark.parametrize("email", [user[0] for user in USERS])
def test_demo_users_sign_in(demo: int, client, email: str) -> None:
    client.post("/konto/login/", {"login": email, "password": PASSWORD})
    if "_auth_user_id" not in client.session:
        assert client.login(email=email, password=PASSWORD)
    assert User.objects.get(email=email).emailaddress_set.get().verified


def test_venues_and_co_providers_are_there(demo: int) -> None:
    course = CoursePage.objects.get(slug="den-nye-kommunale-ledelsesform")

    assert [each.organisation.name for each in course.co_providers.all()] == ["KL", "COK"]
    assert Venue.objects.filter(city="Herlev").exists()
    assert Organisation.objects.filter(name="Muskelsvindfonden").exists()


def test_the_presenter_can_take_todays_roll(demo: int, client) -> None:
    today = CourseDay.objects.get(date=timezone.localdate())
    client.force_login(User.objects.get(email="underviser@example.dk"))

    answer = client.get(f"/fremmoede/hold/{today.run_id}/{today.date:%Y-%m-%d}/")

    assert answer.status_code == 200
    assert today.run.enrolments.confirmed().first().name in answer.content.decode()


def test_places_have_a_life_of_their_own(demo: int) -> None:
    """An offer is out and seats are held, somebody was replaced, one moved, one asked, and a day was changed."""
    offer = Offer.objects.get()
    assert offer.status == OfferStatus.OPEN
    assert SeatHold.objects.get().registration.keep_together
    assert Enrolment.objects.get(status=EnrolmentStatus.REPLACED).replaced_by.name
    assert (
        Enrolment.objects.get(status=EnrolmentStatus.MOVED).moved_to.run.course
        == Enrolment.objects.get(status=EnrolmentStatus.MOVED).run.course
    )
    assert ChangeRequest.objects.get().status == RequestStatus.OPEN
    assert RunChange.objects.get().status == RunChangeStatus.PENDING
    assert Enrolment.objects.filter(name="").count() == 2


def test_a_run_asks_questions_of_its_own_and_people_have_answered(demo: int) -> None:
    run = CourseRun.objects.get(label="Aalborg", course__slug="samskabelse-i-praksis", status="open")

    questions = questions_of(run)
    assert [question.kind for question in questions] == ["text", "yes_no", "choice", "yes_no"]
    assert questions[2].shown_if == questions[1]
    drivers = Answer.objects.filter(question=questions[1], value="yes").values("enrolment")
    assert all(question.answers.exists() for question in questions)
    assert not Answer.objects.filter(question=questions[2]).exclude(enrolment__in=drivers).exists()


def test_a_run_that_goes_on_has_people_at_risk_walk_ins_and_a_day_to_type_in(demo: int) -> None:
    run = CourseRun.objects.get(course__slug="ledelse-af-og-samarbejde-med-frivillige", label="København")
    state = state_of_run(run)

    assert run.attendance_rule.name == "Diplommoduler"
    assert AttendanceRule.default().name == "Standard"
    assert {person.requirement for person in state.expected} >= {Requirement.AT_RISK, Requirement.ON_TRACK}
    walk_ins = [person.enrolment for person in state.expected if person.enrolment.registration.is_walk_in]
    assert {enrolment.status for enrolment in walk_ins} == {EnrolmentStatus.CONFIRMED, EnrolmentStatus.WALK_IN}
    assert run.pk in {day.run_id for day in days_missing_attendance(User.objects.get(email="arrangoer@example.dk"))}
    marks = Attendance.objects.filter(day__run=run)
    assert marks.exclude(reason="").exists()
    assert Attendance.objects.exclude(minutes_early=None).exists()
    assert AttendanceChange.objects.filter(is_applied=False).exists()
    assert len({*marks.values_list("source", flat=True)}) > 1
