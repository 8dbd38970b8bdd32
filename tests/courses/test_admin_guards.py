"""What is in use is not deleted: refused in words by delete views, bulk actions and the page tree alike."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from courses.models import (
    CancellationTerms,
    CourseCoProvider,
    CoursePage,
    CourseRun,
    Organisation,
    Presenter,
    Topic,
    Venue,
)
from courses.operations import CourseError, link_presenter_to_user, new_terms_version
from courses.permissions import may_change_terms
from tests.factories import (
    AttendanceFactory,
    CancellationTermsFactory,
    CoursePageFactory,
    CourseRunFactory,
    EnrolmentFactory,
    OrganisationFactory,
    PresenterFactory,
    RegistrationFactory,
    TopicFactory,
    UserFactory,
    VenueFactory,
)
from website.accounts.models import User
from website.core.protection import what_protects

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(superuser=True))
    return client


def a_run_with_a_registration():
    return RegistrationFactory(participants=2).run


def a_run_with_attendance():
    return AttendanceFactory().enrolment.run


def a_venue_of_a_run():
    return CourseRunFactory().venue


def a_venue_of_a_day():
    venue = VenueFactory()
    CourseRunFactory(day_fields={"venue": venue})
    return venue


def a_presenter_of_a_day():
    presenter = PresenterFactory()
    CourseRunFactory(day_fields={"presenters": [presenter]})
    return presenter


def a_host_of_a_day():
    host = PresenterFactory()
    CourseRunFactory(day_fields={"hosts": [host]})
    return host


def an_organisation_of_a_course():
    organisation = OrganisationFactory()
    CourseCoProvider.objects.create(course=CoursePageFactory(), organisation=organisation)
    return organisation


def an_organisation_of_a_participant():
    organisation = OrganisationFactory()
    EnrolmentFactory(organisation=organisation)
    return organisation


def a_topic_of_a_course():
    topic = TopicFactory()
    CoursePageFactory(topics=[topic])
    return topic


def terms_of_a_run():
    return CourseRunFactory(terms=CancellationTermsFactory()).terms


USED = [
    a_run_with_a_registration,
    a_run_with_attendance,
    a_venue_of_a_run,
    a_venue_of_a_day,
    a_presenter_of_a_day,
    a_host_of_a_day,
    an_organisation_of_a_course,
    an_organisation_of_a_participant,
    a_topic_of_a_course,
    terms_of_a_run,
]
UNUSED = [
    lambda: CourseRunFactory(with_days=2),
    VenueFactory,
    PresenterFactory,
    OrganisationFactory,
    TopicFactory,
    lambda: CancellationTermsFactory(tiers=[(28, "50")]),
]


def delete_url(obj) -> str:
    return reverse(type(obj).snippet_viewset.get_url_name("delete"), args=[obj.pk])


def bulk_url(*objects) -> str:
    options = objects[0]._meta
    url = reverse("wagtail_bulk_action", args=[options.app_label, options.model_name, "delete"])
    return url + "?" + "&".join(f"id={obj.pk}" for obj in objects)


def exists(obj) -> bool:
    return type(obj).objects.filter(pk=obj.pk).exists()


@pytest.mark.parametrize("make", USED, ids=lambda make: make.__name__)
class TestInUse:
    def test_the_delete_view_says_by_what(self, admin, make):
        obj = make()
        for response in (admin.get(delete_url(obj)), admin.post(delete_url(obj))):
            assert response.status_code == 409
            assert "kan ikke slettes" in response.content.decode()
            assert "Intet er slettet" in response.content.decode()
        assert exists(obj)

    def test_the_bulk_action_says_by_what_and_deletes_nothing(self, admin, make):
        obj = make()
        url = bulk_url(obj)
        for response in (admin.get(url), admin.post(url)):
            assert response.status_code == 409
            assert "kan ikke slettes" in response.content.decode()
        assert exists(obj)


@pytest.mark.parametrize("make", UNUSED)
def test_what_nothing_uses_is_deleted(admin, make):
    obj = make()
    assert admin.post(delete_url(obj)).status_code == 302
    assert not exists(obj)


def test_what_came_into_use_after_the_question_is_refused_too(admin, monkeypatch):
    venue = a_venue_of_a_run()
    seen = iter([None])
    monkeypatch.setattr("courses.wagtail_hooks.refuse_deletion", lambda *args, **kwargs: next(seen))
    assert admin.post(delete_url(venue)).status_code == 409
    assert exists(venue)


def test_one_in_use_stops_the_whole_bulk_action(admin):
    used, unused = a_venue_of_a_run(), VenueFactory()
    assert admin.post(bulk_url(used, unused)).status_code == 409
    assert exists(unused)


def test_the_refusal_counts_and_links(admin):
    venue = VenueFactory()
    runs = CourseRunFactory.create_batch(7, venue=venue)
    page = admin.get(delete_url(venue)).content.decode()
    assert "7 hold" in page
    assert sum(reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk]) in page for run in runs) == 5
    assert "og 2 mere" in page


def as_role(client: Client, name: str) -> Client:
    user = UserFactory()
    user.groups.add(Group.objects.get(name=name))
    client.force_login(user)
    return client


def test_an_editor_is_told_how_many_participants_there_are_but_not_who(client):
    enrolment = EnrolmentFactory(name="Karen Blixen", organisation=OrganisationFactory())
    page = as_role(client, "Redaktører").get(delete_url(enrolment.organisation))
    assert page.status_code == 409
    assert "deltager" in page.content.decode()
    assert "Karen Blixen" not in page.content.decode()


def test_an_organiser_is_told_who_uses_what_is_to_be_deleted(client):
    enrolment = EnrolmentFactory(name="Karen Blixen", organisation=OrganisationFactory())
    page = as_role(client, "Arrangører").get(delete_url(enrolment.organisation))
    assert "Karen Blixen" in page.content.decode()


@pytest.mark.parametrize(("role", "gives"), [("Redaktører", False), ("Arrangører", True)])
def test_only_who_sees_participants_lets_a_presenter_in(client, role, gives):
    presenter = PresenterFactory(email="")
    url = reverse("wagtailsnippets_courses_presenter:edit", args=[presenter.pk])
    as_role(client, role).post(url, {"name": presenter.name, "email": "rune@example.dk"})
    presenter.refresh_from_db()
    assert bool(presenter.user) is gives


class TestPages:
    def test_a_course_with_runs_is_not_deleted(self, admin):
        course = CourseRunFactory().course
        url = reverse("wagtailadmin_pages:delete", args=[course.pk])
        for response in (admin.get(url), admin.post(url)):
            assert response.status_code == 409
            assert "1 hold" in response.content.decode()
        assert exists(course)

    def test_nor_is_a_page_above_it(self, admin):
        course = CourseRunFactory().course
        response = admin.post(reverse("wagtailadmin_pages:delete", args=[course.get_parent().pk]))
        assert response.status_code == 409
        assert exists(course)

    def test_nor_by_bulk_action(self, admin):
        course, other = CourseRunFactory().course, CoursePageFactory()
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
        for response in (admin.get(f"{url}?id={course.pk}"), admin.post(f"{url}?id={course.pk}&id={other.pk}")):
            assert response.status_code == 409
            assert "1 hold" in response.content.decode()
        assert Page.objects.filter(pk__in=[course.pk, other.pk]).count() == 2

    def test_a_course_without_runs_is_deleted(self, admin):
        course = CoursePageFactory()
        assert admin.post(reverse("wagtailadmin_pages:delete", args=[course.pk])).status_code == 302
        assert not exists(course)

    def test_unpublishing_a_course_with_open_runs_asks_once_more(self, admin):
        course = CourseRunFactory().course
        bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "unpublish"]) + f"?id={course.pk}"
        for url in (reverse("wagtailadmin_pages:unpublish", args=[course.pk]), bulk):
            assert "1 hold, der er åbent for tilmelding" in admin.post(url).content.decode()
            assert CoursePage.objects.get(pk=course.pk).live
        admin.post(bulk, {"open_runs_seen": "1"})
        assert not CoursePage.objects.get(pk=course.pk).live

    def test_unpublishing_a_course_without_open_runs_asks_nothing_more(self, admin):
        course = CourseRunFactory(past=True).course
        admin.post(reverse("wagtailadmin_pages:unpublish", args=[course.pk]))
        assert not CoursePage.objects.get(pk=course.pk).live

    def test_a_copied_course_copies_no_runs(self):
        course = CourseRunFactory().course
        copy = course.copy(update_attrs={"slug": "kopi", "title": "Kopi"})
        assert CourseRun.objects.filter(course=copy).count() == 0

    def test_publishing_and_reverting_a_page_leaves_its_runs_alone(self):
        run = CourseRunFactory()
        first = run.course.save_revision()
        run.course.title = "Nyt navn"
        run.course.save_revision().publish()
        CourseRun.objects.filter(pk=run.pk).update(label="Rettet imens")
        first.publish()
        run.refresh_from_db()
        assert run.label == "Rettet imens"

    def test_the_course_page_leads_to_a_new_run(self, admin):
        run = CourseRunFactory(label="Herlev")
        page = admin.get(reverse("wagtailadmin_pages:edit", args=[run.course_id])).content.decode()
        assert f"{reverse('wagtailsnippets_courses_courserun:add')}?course={run.course_id}" in page
        assert reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk]) in page


class TestTerms:
    def test_terms_of_a_draft_may_change_terms_shown_or_accepted_may_not(self):
        terms = CancellationTermsFactory()
        draft = CourseRunFactory(draft=True, terms=terms)
        assert may_change_terms(terms)
        RegistrationFactory(run=draft)
        assert not may_change_terms(terms)
        assert not may_change_terms(terms_of_a_run())

    def test_terms_in_use_are_shown_instead_of_edited(self, admin):
        terms = terms_of_a_run()
        url = reverse("wagtailsnippets_courses_cancellationterms:edit", args=[terms.pk])
        assert "kan ikke ændres" in admin.get(url, follow=True).content.decode()
        admin.post(url, {"name": terms.name, "version": 1, "text": "Ny tekst"})
        assert CancellationTerms.objects.get(pk=terms.pk).text == terms.text

    def test_a_new_version_is_free_and_has_the_same_tiers(self, admin):
        terms = CancellationTermsFactory(tiers=[(28, "50"), (14, "100")])
        CourseRunFactory(terms=terms)
        response = admin.post(reverse("wagtailsnippets_courses_cancellationterms:new_version", args=[terms.pk]))
        fresh = CancellationTerms.objects.get(name=terms.name, version=2)
        assert response.headers["Location"].endswith(f"/edit/{fresh.pk}/")
        assert [tier.days_before for tier in fresh.tiers.all()] == [28, 14]
        assert may_change_terms(fresh)
        assert new_terms_version(terms=terms).version == 3

    def test_the_mark_of_new_runs_moves(self, admin):
        old, new = CancellationTermsFactory(is_default=True), CancellationTermsFactory()
        admin.post(reverse("wagtailsnippets_courses_cancellationterms:use", args=[new.pk]))
        assert list(CancellationTerms.objects.filter(is_default=True)) == [new]
        data = {"name": old.name, "version": 1, "text": old.text, "is_default": "on", "tiers-TOTAL_FORMS": 0}
        data |= {"cancel_until": 0, "move_until": 14, "replace_until": 0, "move_fee": "0"}
        response = admin.post(
            reverse("wagtailsnippets_courses_cancellationterms:edit", args=[old.pk]),
            data | {"tiers-INITIAL_FORMS": 0, "tiers-MIN_NUM_FORMS": 0, "tiers-MAX_NUM_FORMS": 1000},
        )
        assert response.status_code == 302
        assert list(CancellationTerms.objects.filter(is_default=True)) == [old]


class TestPresenters:
    def post(self, client: Client, **fields) -> None:
        data = {"name": "Lotte Rømer", "title": "", "organisation": "", "email": "", "biography": "", "photo": ""}
        return client.post(reverse("wagtailsnippets_courses_presenter:add"), data | fields)

    def test_an_address_makes_a_user_who_can_sign_in_by_code(self, admin):
        self.post(admin, email="Lotte@Example.dk")
        presenter = Presenter.objects.get(name="Lotte Rømer")
        assert presenter.user == User.objects.get(email="lotte@example.dk")
        assert not presenter.user.has_usable_password()

    def test_without_an_address_there_is_no_user(self, admin):
        self.post(admin)
        assert Presenter.objects.get(name="Lotte Rømer").user is None

    def test_two_presenters_do_not_share_an_address(self, admin):
        PresenterFactory(name="Lone", email="lone@example.dk")
        response = self.post(admin, email="LONE@example.dk")
        assert "Lone har allerede denne adresse" in str(response.context["form"].errors["email"])
        assert Presenter.objects.count() == 1

    def test_taking_the_address_away_takes_the_sign_in_away(self):
        presenter = PresenterFactory(with_user=True)
        presenter.email = ""
        presenter.save()
        link_presenter_to_user(presenter=presenter)
        assert Presenter.objects.get(pk=presenter.pk).user is None

    def test_a_user_is_one_presenter(self):
        taken = PresenterFactory(with_user=True)
        Presenter.objects.filter(pk=taken.pk).update(email="ny@example.dk")
        with pytest.raises(CourseError):
            link_presenter_to_user(presenter=PresenterFactory(email=taken.user.email))


def test_what_protects_counts_by_model():
    run = RegistrationFactory(participants=2).run
    assert {(use.model.__name__, use.count) for use in what_protects(run)} == {("Registration", 1), ("Enrolment", 2)}
    assert {model for model in (Organisation, Topic, Venue) if what_protects(model(pk=0))} == set()
