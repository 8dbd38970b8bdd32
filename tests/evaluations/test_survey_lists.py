"""Inviting by list: what is read, what is wrong at which row, and what can be undone."""

import re
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from enrolments.importing import ListRefused
from evaluations.enums import Audience
from evaluations.importing import LIMIT, InvitationRow, check, read_invitations
from evaluations.models import Survey, SurveyInvitation, Voter
from evaluations.operations.survey_invitations import (
    Invitee,
    MailedAlready,
    TakesNoInvitations,
    invite,
    remove_invitation,
    undo_list,
)
from tests.evaluations.survey_helpers import municipality, put_on_list, survey
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
MAX = 2 * 1024 * 1024


def read(text: str):
    return read_invitations(text=text, max_bytes=MAX)[0]


@pytest.fixture
def made() -> Survey:
    return survey(people=0)


@pytest.fixture
def organiser(client):
    client.force_login(UserFactory(organiser=True, staff=True))
    return client


@pytest.mark.parametrize(
    "written",
    ["Aarhus", "Århus", "AARHUS KOMMUNE", "aarhus kommune", "0751", "751"],
)
def test_a_municipality_is_known_however_it_is_written(made, written):
    (row,) = check(read(f"Navn;E-mail;Kommune\nAnna;anna@example.dk;{written}"), made)

    assert row.is_new
    assert row.organisation == municipality("0751")


def test_a_list_without_headings_is_read_by_what_stands_in_it(made):
    rows = check(read("Anna Hansen;anna@example.dk;Odense\nBo Bæk;bo@example.dk;Køge"), made)

    assert [str(row.organisation) for row in rows] == ["Odense Kommune", "Køge Kommune"]


def test_lines_out_of_an_email_are_read_too(made):
    rows = check(read("Anna Hansen <anna@example.dk>; Bo Bæk <bo@example.dk>"), made)

    assert [(row.values["name"], row.email) for row in rows] == [
        ("Anna Hansen", "anna@example.dk"),
        ("Bo Bæk", "bo@example.dk"),
    ]
    assert all(row.is_new and row.organisation is None for row in rows)


def test_a_workbook_is_read_with_its_codes(made):
    book, output = Workbook(), BytesIO()
    for line in (["Navn", "E-mail", "Kommunekode"], ["Anna", "Anna@Example.dk", 751]):
        book.active.append(line)
    book.save(output)

    rows, _notes = read_invitations(content=output.getvalue(), max_bytes=MAX)
    (row,) = check(rows, made)

    assert (row.email, row.organisation) == ("anna@example.dk", municipality("0751"))


def test_what_is_wrong_stands_at_its_row_and_cell(made):
    put_on_list(made, 1)
    text = (
        "Navn;E-mail;Kommune\n"
        "Anna;anna@example.dk;Aarhus\n"
        "Bo;bo@@example.dk;Aarhus\n"
        "Anna igen;ANNA@example.dk;Aarhus\n"
        "Dorte;dorte@example.dk;Ahrus\n"
        "Eva;;Aarhus\n"
        "Kendt;person0@example.dk;Aarhus\n"
        "=1+1;finn@example.dk;Aarhus"
    )

    rows = check(read(text), made)

    assert [(row.number, *row.problems) for row in rows if not row.is_good] == [
        (3, "email"),
        (4, "email"),
        (5, "municipality"),
        (6, "email"),
        (8, "name"),
    ]
    assert "række 2" in rows[2].problems["email"]
    assert "Mener du Aarhus Kommune?" in rows[3].problems["municipality"]
    assert [row.email for row in rows if row.is_good and row.is_invited] == ["person0@example.dk"]


def test_half_a_sign_in_what_a_page_carried_is_no_row():
    """No column keeps it, and no page can show it."""
    with pytest.raises(ValueError):
        InvitationRow.from_json([1, "Anna \ud83d", "anna@example.dk", ""])


def test_too_many_rows_are_refused_in_words():
    with pytest.raises(ListRefused, match=r"5\.001"):
        read("Navn;E-mail\n" + "\n".join(f"P{n};p{n}@example.dk" for n in range(LIMIT + 1)))


def test_checking_and_inviting_cost_the_same_queries_however_many_rows(made):
    def cost(count: int, start: int) -> int:
        text = "Navn;E-mail;Kommune\n" + "\n".join(f"P{n};p{n}@x.dk;Aarhus" for n in range(start, start + count))
        with CaptureQueriesContext(connection) as context:
            rows = check(read(text), made)
            invite(survey_pk=made.pk, people=[Invitee(row.email, organisation_pk=row.organisation.pk) for row in rows])
        return len(context)

    cost(1, 0)  # the municipalities are remembered from here on
    assert cost(300, 1000) == cost(2, 500)


def test_invitations_to_an_open_survey_are_on_its_roll_at_once(made):
    put_on_list(made, 3)

    assert Voter.objects.filter(evaluation=made.evaluation).count() == 3


def test_somebody_invited_twice_stands_once_with_what_was_written_first(made):
    invite(survey_pk=made.pk, people=[Invitee("anna@example.dk", "Anna")])
    _batch, count = invite(survey_pk=made.pk, people=[Invitee("anna@example.dk", "Anna igen"), Invitee("bo@x.dk")])

    assert count == 1
    assert SurveyInvitation.objects.get(email="anna@example.dk").name == "Anna"


def test_a_list_is_undone_but_for_those_who_have_been_mailed(made):
    put_on_list(made, 2)
    batch = put_on_list(made, 3, start=2)
    Voter.objects.filter(invitation__email="person3@example.dk").update(mails=1)

    assert undo_list(survey_pk=made.pk, batch=batch) == (2, 1)

    left = ["person0@example.dk", "person1@example.dk", "person3@example.dk"]
    assert [each.email for each in made.invitations.all()] == left
    assert Voter.objects.count() == 3


def test_somebody_mailed_stays_whether_they_have_answered_or_not(made):
    put_on_list(made, 2)
    Voter.objects.update(mails=1)
    Voter.objects.filter(invitation__email="person0@example.dk").update(has_answered=True)

    for invitation in made.invitations.all():
        with pytest.raises(MailedAlready):
            remove_invitation(survey_pk=made.pk, pk=invitation.pk)


def test_a_survey_that_is_over_or_open_to_all_takes_no_list(made):
    everyone = survey(slug="aaben", audience=Audience.OPEN)
    made.evaluation.voters.all().delete()
    type(made.evaluation).objects.filter(pk=made.evaluation.pk).update(status="stopped")

    for closed in (everyone, made):
        with pytest.raises(TakesNoInvitations):
            put_on_list(closed, 1)


class TestPages:
    def url(self, made: Survey, name: str = "invite") -> str:
        return f"/admin/evaluations/surveys/{made.pk}/{name}/"

    def test_nothing_is_written_before_the_preview_is_accepted(self, organiser, made):
        page = organiser.post(self.url(made), {"list": "Navn;E-mail;Kommune\nAnna;anna@x.dk;Aarhus", "read": "1"})

        assert not SurveyInvitation.objects.exists()
        assert "Inviter 1 person" in page.content.decode()

        organiser.post(self.url(made), {"rows": page.context["rows"], "invite_all": "1"})

        invited = SurveyInvitation.objects.get()
        assert (invited.email, invited.organisation.code) == ("anna@x.dk", "0751")

    def test_a_wrong_row_is_mended_on_the_page_or_left_out(self, organiser, made):
        text = "Navn;E-mail;Kommune\nAnna;anna@x.dk;Ahrus\nBo;bo;Odense\nCarl;carl@x.dk;Odense"
        page = organiser.post(self.url(made), {"list": text, "read": "1"})
        assert page.status_code == 422

        mended = {"rows": page.context["rows"], "r-0-municipality": "Aarhus", "r-1-out": "on", "invite_all": "1"}
        organiser.post(self.url(made), mended)

        assert [each.email for each in made.invitations.all()] == ["anna@x.dk", "carl@x.dk"]

    def test_right_rows_may_go_without_the_wrong_ones(self, organiser, made):
        page = organiser.post(self.url(made), {"list": "Navn;E-mail\nAnna;anna@x.dk\nBo;bo", "read": "1"})
        organiser.post(self.url(made), {"rows": page.context["rows"], "invite_good": "1"})

        assert [each.email for each in made.invitations.all()] == ["anna@x.dk"]

    @pytest.mark.parametrize("rows", ["", "{}", "[[1]]", "[[1, 2, 3, 4]]", "[" * 5000, '[["x","","",""]]'])
    def test_a_damaged_page_writes_nothing(self, organiser, made, rows):
        page = organiser.post(self.url(made), {"rows": rows, "invite_all": "1"})

        assert page.status_code == 422
        assert not SurveyInvitation.objects.exists()

    @pytest.mark.parametrize("text", ["", "   ", "\0", '"'])
    def test_an_unreadable_list_is_refused_in_words(self, organiser, made, text):
        page = organiser.post(self.url(made), {"list": text, "read": "1"})

        assert page.status_code == 422

    def test_the_list_costs_the_same_queries_however_long_it_is(self, organiser, made):
        def cost() -> int:
            with CaptureQueriesContext(connection) as context:
                organiser.get(self.url(made, "invited"))
            return len(context)

        put_on_list(made, 2, municipality=municipality("0751"))
        before = cost()
        put_on_list(made, 80, start=10, municipality=municipality("0461"))
        assert cost() <= before

    def test_the_pages_do_not_tell_who_has_answered(self, organiser, made):
        put_on_list(made, 6)
        Voter.objects.update(mails=1)
        before = organiser.get(self.url(made, "invited")).content
        Voter.objects.filter(invitation__email="person0@example.dk").update(has_answered=True)

        assert _without_tokens(organiser.get(self.url(made, "invited")).content) == _without_tokens(before)


def _without_tokens(content: bytes) -> str:
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "", content.decode())
