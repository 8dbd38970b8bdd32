"""Rules of attendance: made, chosen and changed in the admin; one default; nothing in use is deleted."""

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import AttendanceRule
from courses.operations import use_rule_for_all_courses
from tests.factories import CoursePageFactory, CourseRunFactory, DiplomaModulePageFactory, UserFactory

pytestmark = pytest.mark.django_db
NAME = "wagtailsnippets_courses_attendancerule"


@pytest.fixture
def organiser(client: Client) -> Client:
    client.force_login(UserFactory(organiser=True))
    return client


def url(action: str, *args: int) -> str:
    return reverse(f"{NAME}:{action}", args=args)


def fields(**changed) -> dict[str, str]:
    return {
        "name": "Standard",
        "minimum_percent": "80",
        "absent_after": "",
        "cancel_in_time_days": "1",
        "presenters_correct_days": "7",
        "organisers_correct_days": "90",
        "issues_certificates": "on",
        **changed,
    }


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_an_empty_list_says_what_counts_until_there_is_a_rule(organiser):
    assert "80 %" in text(organiser.get(url("list")))
    assert "Ingen fremmøderegler endnu" in text(organiser.get(url("list")))


def test_the_first_rule_is_offered_as_everybodys(organiser):
    assert organiser.get(url("add")).context["form"]["is_default"].initial
    organiser.post(url("add"), fields(is_default="on"))
    assert AttendanceRule.default() == AttendanceRule.objects.get(name="Standard")
    assert not organiser.get(url("add")).context["form"]["is_default"].initial


def test_marking_another_rule_moves_the_mark(organiser):
    old = AttendanceRule.objects.create(name="Gammel", is_default=True)
    response = organiser.post(url("add"), fields(name="Ny", is_default="on"))
    assert response.status_code == 302
    new = AttendanceRule.objects.get(name="Ny")
    assert list(AttendanceRule.objects.filter(is_default=True)) == [new]

    organiser.post(url("use", old.pk))
    assert list(AttendanceRule.objects.filter(is_default=True)) == [old]


def test_the_default_is_not_unmarked_by_a_form_that_leaves_it_out(organiser):
    rule = AttendanceRule.objects.create(name="Standard", is_default=True)
    assert organiser.post(url("edit", rule.pk), fields(minimum_percent="75")).status_code == 302
    rule.refresh_from_db()
    assert (rule.is_default, rule.minimum_percent) == (True, 75)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("minimum_percent", "0", "1"),
        ("minimum_percent", "101", "100"),
        ("absent_after", "0", "1"),
        ("absent_after", "99999", "32767"),
        ("presenters_correct_days", "91", "90 dage"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(organiser, field, value, said):
    response = organiser.post(url("add"), fields(**{field: value}))
    assert response.status_code == 200
    assert said in str(response.context["form"].errors[field])
    assert not AttendanceRule.objects.exists()


def test_two_rules_of_one_name_are_refused(organiser):
    AttendanceRule.objects.create(name="Standard")
    response = organiser.post(url("add"), fields())
    assert response.context["form"].errors["name"]


def test_a_course_of_any_kind_keeps_its_rule_from_being_deleted(organiser):
    for course in (CoursePageFactory(title="Ledelse af frivillige"), DiplomaModulePageFactory(title="Modul 1")):
        rule = AttendanceRule.objects.create(name=f"Regel for {course.title}")
        course.attendance_rule = rule
        course.save()
        for response in (organiser.get(url("delete", rule.pk)), organiser.post(url("delete", rule.pk))):
            assert response.status_code == 409
            assert course.title in text(response)
        bulk = reverse("wagtail_bulk_action", args=["courses", "attendancerule", "delete"]) + f"?id={rule.pk}"
        assert organiser.post(bulk).status_code == 409
        assert AttendanceRule.objects.filter(pk=rule.pk).exists()


def test_the_default_is_not_deleted_and_one_that_nobody_follows_is(organiser):
    default = AttendanceRule.objects.create(name="Standard", is_default=True)
    spare = AttendanceRule.objects.create(name="Overflødig")
    assert "Marker en anden" in text(organiser.post(url("delete", default.pk)))
    assert organiser.post(url("delete", spare.pk)).status_code == 302
    assert list(AttendanceRule.objects.all()) == [default]


def test_a_rule_shows_what_it_means_and_who_follows_it(organiser):
    chosen = AttendanceRule.objects.create(name="Moduler", minimum_percent=90, absent_after=45)
    default = AttendanceRule.objects.create(name="Standard", is_default=True)
    with_rule = CoursePageFactory(title="Modul om ledelse", attendance_rule=chosen)
    without = CoursePageFactory(title="Kursus uden egen regel")

    page = text(organiser.get(url("inspect", chosen.pk)))
    assert "90 %" in page
    assert "45 minutter" in page
    assert with_rule.title in page
    assert without.title not in page

    page = text(organiser.get(url("inspect", default.pk)))
    assert without.title in page
    assert with_rule.title not in page


def test_the_form_says_what_changing_a_rule_does_to_runs_that_have_begun(organiser):
    rule = AttendanceRule.objects.create(name="Standard", is_default=True)
    assert "Ingen kurser følger" in text(organiser.get(url("edit", rule.pk)))
    CourseRunFactory()
    assert "Intet af dets hold er begyndt" in text(organiser.get(url("edit", rule.pk)))
    CourseRunFactory(past=True)
    page = text(organiser.get(url("edit", rule.pk)))
    assert "1 hold, der er begyndt" in page
    assert "Kursusbeviser" in page


def test_an_editor_reads_rules_and_chooses_them_but_changes_none(client):
    rule = AttendanceRule.objects.create(name="Standard", is_default=True)
    client.force_login(UserFactory(editor=True))
    assert client.get(url("inspect", rule.pk)).status_code == 200
    for address in (url("edit", rule.pk), url("add"), url("delete", rule.pk)):
        assert client.post(address, fields(minimum_percent="1")).status_code == 302
    client.post(url("use", AttendanceRule.objects.create(name="Anden").pk))
    assert AttendanceRule.default() == AttendanceRule.objects.get(minimum_percent=80, name="Standard")
    course = CoursePageFactory()
    assert "Fremmøderegel" in text(client.get(reverse("wagtailadmin_pages:edit", args=[course.pk])))


def test_whoever_is_no_staff_sees_no_rules(client):
    client.force_login(UserFactory())
    assert client.get(url("list")).status_code in (302, 403)


def test_a_rule_in_force_is_the_courses_own_else_everybodys():
    own, default = AttendanceRule.objects.create(name="Egen"), AttendanceRule.objects.create(name="Standard")
    use_rule_for_all_courses(rule=default)
    assert CourseRunFactory(course=CoursePageFactory(attendance_rule=own)).attendance_rule == own
    assert CourseRunFactory().attendance_rule == default
