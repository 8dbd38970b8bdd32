"""The waiting list in a run's workspace: what organisers see, and each act with its confirming step."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import CourseRun
from enrolments.enums import OfferStatus
from enrolments.models import Enrolment, EnrolmentEvent, Offer, SeatHold
from tests.enrolments.helpers import statuses
from tests.enrolments.test_offers import begins_in, full_run, join, let_go, offered
from tests.factories import CourseRunFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client):
    user = UserFactory(staff=True, organiser=True)
    client.force_login(user)
    return user


def url(run: CourseRun, rest: str = "line/") -> str:
    return f"/admin/participants/run/{run.pk}/{rest}"


def text(response) -> str:
    return " ".join(response.content.decode().split())


def pk(name: str) -> int:
    return Enrolment.objects.get(name=name).pk


def places(run: CourseRun) -> list[str]:
    return list(run.enrolments.in_line().values_list("name", flat=True))


class TestThePage:
    def test_shows_places_offers_with_their_deadlines_holds_and_the_rule(self, client, organiser):
        offer = offered("Bo")
        join(offer.run, "Dorte")
        SeatHold.objects.create(run=CourseRunFactory(), seats=1, reason="Et andet hold")
        group = join(offer.run, "Eva", "Erik", keep_together=True)
        SeatHold.objects.create(run=offer.run, registration=group, reason="Lovet i telefonen", created_by=organiser)

        page = text(client.get(url(offer.run)))

        assert "Tilbudt en plads" in page and "Svar senest" in page
        assert "Dorte" in page and "Kun samlet (2 pladser)" in page
        assert "Lovet i telefonen" in page and "Et andet hold" not in page
        assert "I den rækkefølge" in page or "rækkefølge" in page

    def test_says_on_the_last_day_that_the_organiser_decides(self, client, organiser):
        run = full_run(["Anna"])
        join(run, "Bo")
        begins_in(run, hours=10)
        let_go("Anna")

        assert "Fordel de ledige pladser selv" in text(client.get(url(run)))

    def test_is_not_for_editors_or_presenters(self, client):
        client.force_login(UserFactory(staff=True, editor=True))

        assert client.get(url(full_run())).status_code in (302, 403)

    def test_costs_the_same_however_long_the_line_is(self, client, organiser):
        run = full_run(["Anna"])
        join(run, "Bo")
        client.get(url(run))
        with CaptureQueriesContext(connection) as few:
            client.get(url(run))
        for at in range(8):
            join(run, f"P{at}", f"Q{at}", keep_together=bool(at % 2))
        with CaptureQueriesContext(connection) as many:
            client.get(url(run))

        assert len(many) == len(few)

    def test_a_long_line_costs_no_more_and_comes_in_pages(self, client, organiser, monkeypatch):
        monkeypatch.setattr("enrolments.admin.line.PER_PAGE", 2)
        run = full_run(["Anna"])
        join(run, "Bo", "Carl", keep_together=True)
        join(run, "Dorte")
        client.get(url(run))
        with CaptureQueriesContext(connection) as one_page:
            client.get(url(run))
        for name in ("Eva", "Finn", "Gro"):
            join(run, name)
        with CaptureQueriesContext(connection) as many_pages:
            first = client.get(url(run))

        assert len(many_pages) == len(one_page)
        assert [(entry.position, [str(who) for who in entry.enrolments]) for entry in first.context["line"]] == [
            (1, ["Bo", "Carl"]),
            (2, ["Dorte"]),
        ]
        assert "6 venter" in text(first)
        assert [entry.position for entry in client.get(url(run, "line/?p=2")).context["line"]] == [3, 4]

    def test_of_those_on_other_pages_only_what_places_hang_on_is_read(self, client, organiser):
        run = full_run(["Anna"])
        join(run, "Bo")

        with CaptureQueriesContext(connection) as queries:
            client.get(url(run))

        whole, page = (
            [each["sql"] for each in queries if '"line_order" ASC' in each["sql"]],
            run.enrolments.get(name="Bo"),
        )
        assert len(whole) == 1
        assert '"dietary"' not in whole[0]
        assert any('"dietary"' in each["sql"] and f"({page.pk})" in each["sql"] for each in queries)

    def test_tells_how_much_of_a_group_seats_are_gathered_for(self, client, organiser):
        run = full_run(["Anna"])
        group = join(run, "Bo", "Carl", keep_together=True)
        SeatHold.objects.create(run=run, registration=group, seats=0, reason="Lovet", created_by=organiser)

        assert "0 af 2" in text(client.get(url(run)))


class TestMoving:
    def test_says_what_will_happen_and_then_moves_with_the_reason_kept(self, client, organiser):
        run = full_run()
        for name in ("Bo", "Carl", "Dorte"):
            join(run, name)
        address = url(run, f"line/{pk('Dorte')}/move/")

        assert "nummer 3 af 3" in text(client.get(address))
        client.post(address, {"position": "1", "reason": "Lovet"})

        assert places(run) == ["Dorte", "Bo", "Carl"]
        event = EnrolmentEvent.objects.get(kind="line_moved")
        assert (event.enrolment.name, event.reason, event.user, event.data) == (
            "Dorte",
            "Lovet",
            organiser,
            {"from": 3, "to": 1},
        )

    @pytest.mark.parametrize("position", ["0", "4", "x", ""])
    def test_a_place_that_is_not_there_is_refused_in_words(self, client, organiser, position):
        run = full_run()
        for name in ("Bo", "Carl", "Dorte"):
            join(run, name)

        response = client.post(url(run, f"line/{pk('Dorte')}/move/"), {"position": position, "reason": "x"})

        assert response.status_code == 200
        assert places(run) == ["Bo", "Carl", "Dorte"]

    def test_without_a_reason_nothing_is_moved(self, client, organiser):
        run = full_run()
        for name in ("Bo", "Carl"):
            join(run, name)

        client.post(url(run, f"line/{pk('Carl')}/move/"), {"position": "1", "reason": " "})

        assert places(run) == ["Bo", "Carl"]

    def test_a_group_moves_whole(self, client, organiser):
        run = full_run(["Anna"])
        join(run, "Bo")
        join(run, "Carl", "Cilie", keep_together=True)

        client.post(url(run, f"line/{pk('Cilie')}/move/"), {"position": "1", "reason": "Lovet"})

        assert places(run) == ["Carl", "Cilie", "Bo"]

    def test_who_has_an_offer_out_is_not_moved(self, client, organiser):
        offer = offered("Bo")

        response = client.get(url(offer.run, f"line/{pk('Bo')}/move/"))

        assert response.status_code == 302


class TestHolding:
    def test_seats_are_held_with_a_reason_and_no_more_than_are_free(self, client, organiser):
        run = CourseRunFactory(capacity=3)

        client.post(url(run, "line/hold/"), {"seats": "4", "reason": "Oplægsholdere"})
        assert not SeatHold.objects.exists()
        client.post(url(run, "line/hold/"), {"seats": "2", "reason": "Oplægsholdere"})

        hold = SeatHold.objects.get()
        assert (hold.seats, hold.reason, hold.created_by) == (2, "Oplægsholdere", organiser)
        assert CourseRun.objects.get(pk=run.pk).seats.left == 1

    def test_freed_seats_gather_for_a_group_until_all_of_it_is_offered_seats(self, client, organiser):
        run = full_run(["Anna", "Anders"])
        group = join(run, "Bo", "Carl", keep_together=True)
        join(run, "Dorte")

        page = text(client.get(url(run, f"line/{pk('Bo')}/hold/")))
        assert "til der er 2" in page
        client.post(url(run, f"line/{pk('Bo')}/hold/"), {"reason": "Lovet"})
        let_go("Anna")
        assert SeatHold.objects.get().seats == 1
        assert not Offer.objects.exists()
        let_go("Anders")

        assert Offer.objects.get().registration == group
        assert SeatHold.objects.get().released_at
        assert statuses(run)["Dorte"] == "waiting"

    def test_a_group_that_goes_away_leaves_its_seats_to_the_next(self, client, organiser):
        run = full_run(["Anna", "Anders"])
        join(run, "Bo", "Carl", keep_together=True)
        join(run, "Dorte")
        client.post(url(run, f"line/{pk('Bo')}/hold/"), {"reason": "Lovet"})
        let_go("Anna")

        let_go("Bo")
        assert statuses(run)["Carl"] == "offered"
        let_go("Carl")

        assert statuses(run)["Dorte"] == "offered"

    def test_released_seats_go_to_the_line_at_once(self, client, organiser):
        run = full_run(["Anna"])
        join(run, "Bo", "Carl", keep_together=True)
        CourseRun.objects.filter(pk=run.pk).update(capacity=2)
        hold = SeatHold.objects.create(run=run, seats=1, reason="Oplægsholder")
        join(run, "Dorte")

        client.post(url(run, f"line/holds/{hold.pk}/release/"), {"seats": "keep"})

        hold.refresh_from_db()
        assert hold.released_at
        assert statuses(run)["Dorte"] == "offered"

    def test_released_seats_may_leave_the_run_instead(self, client, organiser):
        run = full_run(["Anna"])
        CourseRun.objects.filter(pk=run.pk).update(capacity=2)
        hold = SeatHold.objects.create(run=run, seats=1, reason="Oplægsholder")
        join(run, "Dorte")

        client.post(url(run, f"line/holds/{hold.pk}/release/"), {"seats": "remove"})

        assert CourseRun.objects.get(pk=run.pk).capacity == 1
        assert statuses(run)["Dorte"] == "waiting"

    def test_seating_by_hand_uses_held_seats_where_free_ones_do_not_suffice(self, client, organiser):
        run = full_run(["Anna"])
        CourseRun.objects.filter(pk=run.pk).update(capacity=3)
        SeatHold.objects.create(run=run, seats=2, reason="Oplægsholder")
        join(run, "Bo")

        assert "1 holdt plads bruges til det" in text(client.get(url(run, f"seat/{pk('Bo')}/")))
        client.post(url(run, f"seat/{pk('Bo')}/"), {"reason": "Oplægsholder"})

        assert statuses(run)["Bo"] == "confirmed"
        assert SeatHold.objects.get(released_at=None).seats == 1


class TestWithdrawing:
    def test_says_what_will_happen_and_puts_them_back(self, client, organiser):
        offer = offered("Bo")
        address = url(offer.run, f"line/offers/{offer.pk}/withdraw/")

        assert "De beholder deres plads i køen" in text(client.get(address))
        client.post(address, {"reason": "Fejl", "seats": "keep"})

        offer.refresh_from_db()
        assert (offer.status, statuses(offer.run)["Bo"]) == (OfferStatus.WITHDRAWN, "waiting")

    def test_an_offer_that_was_answered_meanwhile_is_told_so(self, client, organiser):
        offer = offered("Bo")
        Offer.objects.filter(pk=offer.pk).update(status=OfferStatus.ACCEPTED, answered_at=offer.created_at)

        response = client.post(
            url(offer.run, f"line/offers/{offer.pk}/withdraw/"), {"reason": "Fejl", "seats": "keep"}, follow=True
        )

        assert "Tilbuddet er afgjort i mellemtiden" in text(response)


class TestSeatingByHand:
    def test_who_has_an_offer_out_gets_the_seat_that_is_held_for_them(self, client, organiser):
        offer = offered("Bo")

        client.post(url(offer.run, f"seat/{pk('Bo')}/"), {"reason": ""})

        offer.refresh_from_db()
        assert (statuses(offer.run)["Bo"], offer.status) == ("confirmed", OfferStatus.ACCEPTED)

    def test_where_seats_do_not_suffice_the_page_leads_to_the_run_and_gives_nothing(self, client, organiser):
        run = full_run(["Anna"])
        join(run, "Bo")

        page = text(client.get(url(run, f"seat/{pk('Bo')}/")))

        assert "Der er ikke pladser nok" in page and "Redigér hold" in page
        assert 'type="submit">Giv plads' not in page

    def test_nobody_is_passed_without_a_reason(self, client, organiser):
        run = full_run(["Anna"])
        for name in ("Bo", "Carl"):
            join(run, name)
        begins_in(run, hours=10)
        let_go("Anna")

        response = client.post(url(run, f"seat/{pk('Carl')}/"), {"reason": ""})
        assert "Skriv, hvorfor de springes over" in text(response)
        client.post(url(run, f"seat/{pk('Carl')}/"), {"reason": "Bo kan ikke"})

        assert {name: statuses(run)[name] for name in ("Bo", "Carl")} == {"Bo": "waiting", "Carl": "confirmed"}
