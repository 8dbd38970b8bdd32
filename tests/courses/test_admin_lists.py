"""Lists, plan and start page in the admin: what they show, and that their cost does not grow (invariant 11)."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.admin.attention import runs_needing_attention
from courses.models import CourseRun
from courses.planning import Gap, days_in_period, entries_with_conflicts, folded, weeks_of
from tests.factories import (
    CancellationTermsFactory,
    CoursePageFactory,
    CourseRunFactory,
    OrganisationFactory,
    PresenterFactory,
    RegistrationFactory,
    TopicFactory,
    UserFactory,
    VenueFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client: Client) -> Client:
    client.force_login(UserFactory(organiser=True, is_staff=True))
    return client


def queries(client: Client, url: str) -> int:
    client.get(url)  # content types and the like are cached by the first request
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def a_busy_run(**fields) -> CourseRun:
    people = [PresenterFactory(), PresenterFactory()]
    run = CourseRunFactory(
        terms=CancellationTermsFactory(), minimum=15, with_days=2, day_fields={"presenters": people}, **fields
    )
    RegistrationFactory(run=run, participants=2)
    RegistrationFactory(run=run, participants=1, participants__waiting=True)
    return run


ADMIN_PAGES = {
    "runs": "wagtailsnippets_courses_courserun:list",
    "plan": "planning:index",
    "home": "wagtailadmin_home",
    "venues": "wagtailsnippets_courses_venue:list",
    "presenters": "wagtailsnippets_courses_presenter:list",
    "terms": "wagtailsnippets_courses_cancellationterms:list",
}


@pytest.mark.parametrize("name", ADMIN_PAGES.values(), ids=ADMIN_PAGES.keys())
def test_queries_do_not_grow_with_the_rows(organiser, name):
    a_busy_run()
    before = queries(organiser, reverse(name))
    for _n in range(4):
        a_busy_run()
    assert queries(organiser, reverse(name)) == before


@pytest.mark.parametrize(("name", "make"), [("organisation", OrganisationFactory), ("topic", TopicFactory)])
def test_queries_of_small_lists_do_not_grow(organiser, name, make):
    make()
    url = reverse(f"wagtailsnippets_courses_{name}:list")
    before = queries(organiser, url)
    make.create_batch(4)
    assert queries(organiser, url) == before


def test_the_runs_on_a_course_page_cost_the_same_however_many(client):
    client.force_login(UserFactory(superuser=True))
    course = CoursePageFactory()
    a_busy_run(course=course)
    url = reverse("wagtailadmin_pages:edit", args=[course.pk])
    before = queries(client, url)
    for _n in range(4):
        a_busy_run(course=course)
    assert queries(client, url) == before


class TestListOfRuns:
    def shown(self, client: Client, **query) -> list[CourseRun]:
        response = client.get(reverse("wagtailsnippets_courses_courserun:list"), query)
        return list(response.context["object_list"])

    def test_without_days_first_then_the_soonest_then_the_latest_held(self, organiser):
        today = timezone.localdate()
        far, soon = (CourseRunFactory(first_day=today + timedelta(days=n)) for n in (60, 5))
        long_ago, lately = (CourseRunFactory(first_day=today - timedelta(days=n)) for n in (90, 9))
        undated = CourseRunFactory(with_days=0, draft=True)
        assert self.shown(organiser) == [undated, soon, far, lately, long_ago]

    def test_a_row_tells_seats_line_price_and_place(self, organiser):
        a_busy_run(venue=VenueFactory(city="Herlev"), capacity=2)
        page = organiser.get(reverse("wagtailsnippets_courses_courserun:list")).content.decode()
        for text in ("2/2", "+ 1 venter", "1.995\u00a0kr.", "Herlev", "Åbent for tilmelding"):
            assert text in page

    @pytest.mark.parametrize("query", ["herlev", "Playmaker Herlev", "HERLEV playmak"])
    def test_search_finds_every_word_anywhere(self, organiser, query):
        wanted = CourseRunFactory(
            course=CoursePageFactory(title="Playmakeren"), venue=VenueFactory(city="Herlev"), label="Vinter"
        )
        CourseRunFactory(course=CoursePageFactory(title="Ledelse"), venue=VenueFactory(city="Aarhus"))
        assert self.shown(organiser, q=query) == [wanted]

    def test_filters(self, organiser):
        topic = TopicFactory()
        wanted = CourseRunFactory(course=CoursePageFactory(topics=[topic]), venue=VenueFactory(city="Ærø"), closed=True)
        CourseRunFactory(past=True)
        undated = CourseRunFactory(with_days=0, draft=True)
        day = wanted.ordered_days()[0].date.isoformat()
        for query in (
            {"period": "upcoming"},
            {"status": "closed"},
            {"course": wanted.course_id},
            {"town": "Ærø"},
            {"venue": wanted.venue_id},
            {"topic": topic.pk},
            {"dates_from": day, "dates_to": day},
        ):
            assert self.shown(organiser, **query) == [wanted], query
        assert self.shown(organiser, period="without_days") == [undated]

    def test_names_stand_in_danish_order(self, organiser):
        for name in ("Aarhus", "Ærø", "Zealand", "Ølstykke", "Aabenraa", "Bornholm"):
            VenueFactory(name=name)
        response = organiser.get(reverse("wagtailsnippets_courses_venue:list"), {"ordering": "name"})
        names = [venue.name for venue in response.context["object_list"]]
        assert names == ["Bornholm", "Zealand", "Ærø", "Ølstykke", "Aabenraa", "Aarhus"]

    @pytest.mark.parametrize("name", ["courserun", "venue", "presenter", "cancellationterms"])
    def test_an_empty_list_helps_along(self, organiser, name):
        page = organiser.get(reverse(f"wagtailsnippets_courses_{name}:list")).content.decode()
        assert "endnu." in page
        assert reverse(f"wagtailsnippets_courses_{name}:add") in page

    def test_inspection_shows_the_days(self, organiser):
        run = a_busy_run()
        page = organiser.get(reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk])).content.decode()
        assert run.ordered_days()[0].presenters.first().name in page


class TestPlan:
    def test_weeks_are_iso_weeks_and_empty_ones_are_folded(self):
        run = CourseRunFactory(first_day=date(2026, 12, 31), with_days=1)
        entries = entries_with_conflicts(days_in_period(date(2026, 12, 7), date(2027, 1, 24)))
        gap, week, later = folded(weeks_of(entries, first=date(2026, 12, 9), weeks=7))
        assert isinstance(gap, Gap)
        assert (gap.first.number, gap.last.number, gap.length) == (50, 52, 3)
        assert (week.number, week.monday, week.entries[0].run) == (53, date(2026, 12, 28), run)
        assert (later.first.number, later.last.number) == (1, 3)

    def test_a_presenter_or_a_venue_on_two_runs_a_day_collides(self):
        lotte, day = PresenterFactory(name="Lotte"), date(2030, 5, 6)
        hall = VenueFactory(name="Hallen")
        first = CourseRunFactory(first_day=day, venue=hall, day_fields={"presenters": [lotte]})
        second = CourseRunFactory(first_day=day, day_fields={"hosts": [lotte]})
        third = CourseRunFactory(first_day=day, venue=hall)
        free = CourseRunFactory(first_day=day)
        CourseRunFactory(first_day=day, venue=hall, cancelled=True, day_fields={"presenters": [lotte]})
        found = {entry.run: entry.conflicts for entry in entries_with_conflicts(days_in_period(day, day))}
        assert sorted(found[first]) == sorted([f"Hallen har også “{third}”", f"Lotte er også på “{second}”"])
        assert found[second] == [f"Lotte er også på “{first}”"]
        assert found[third] == [f"Hallen har også “{first}”"]
        assert found[free] == []

    def test_a_collision_with_a_run_that_is_filtered_out_is_still_told(self, organiser):
        lotte = PresenterFactory()
        shown, hidden = (CourseRunFactory(day_fields={"presenters": [lotte]}) for _n in range(2))
        response = organiser.get(reverse("planning:index"), {"course": shown.course_id})
        [entry] = response.context["entries"]
        assert entry.run == shown
        assert str(hidden) in entry.conflicts[0]

    @pytest.mark.parametrize(
        "query", [{"start": "i går"}, {"weeks": "999999"}, {"course": "x"}, {"town": "<b>"}, {"start": "0001-01-01"}]
    )
    def test_nonsense_in_the_address_is_no_error(self, organiser, query):
        assert organiser.get(reverse("planning:index"), query).status_code == 200

    def test_only_those_who_see_runs_see_the_plan(self, client):
        client.force_login(UserFactory())
        assert client.get(reverse("planning:index")).status_code in (302, 403)


class TestAttention:
    def told(self, run: CourseRun) -> str:
        items = list(runs_needing_attention(UserFactory(superuser=True)))
        return "; ".join(item.detail for item in items if item.text == str(run))

    def test_too_few_shortly_before_the_decision(self):
        soon = timezone.localdate() + timedelta(days=5)
        run = CourseRunFactory(minimum=10, decision_date=soon)
        RegistrationFactory(run=run, participants=4)
        assert "4 af mindst 10" in self.told(run)

    def test_enough_or_long_before_is_quiet(self):
        soon, late = timezone.localdate() + timedelta(days=5), timezone.localdate() + timedelta(days=90)
        enough = CourseRunFactory(minimum=1, decision_date=soon)
        RegistrationFactory(run=enough, participants=1)
        early = CourseRunFactory(minimum=10, decision_date=late, first_day=late)
        assert (self.told(enough), self.told(early)) == ("", "")

    def test_full_with_a_line(self):
        run = CourseRunFactory(capacity=1)
        RegistrationFactory(run=run, participants=1)
        RegistrationFactory(run=run, participants=2, participants__waiting=True)
        assert "fuldt booket med 2 på venteliste" in self.told(run)

    def test_no_days_or_no_place(self):
        assert "ingen kursusdage" in self.told(CourseRunFactory(with_days=0, draft=True))
        assert "intet sted" in self.told(CourseRunFactory(venue=None))
        assert self.told(CourseRunFactory(venue=None, day_fields={"venue": VenueFactory()})) == ""

    def test_past_and_cancelled_runs_are_quiet(self):
        assert self.told(CourseRunFactory(past=True, minimum=10)) == ""
        assert self.told(CourseRunFactory(cancelled=True, venue=None)) == ""

    def test_nothing_is_told_to_those_who_cannot_act(self):
        CourseRunFactory(with_days=0, draft=True)
        assert list(runs_needing_attention(UserFactory())) == []
