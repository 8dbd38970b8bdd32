"""The participant's code: in mails, on badges and on their own pages; it opens nothing and dies with their links."""

import io
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from enrolments import documents
from enrolments.check_in_codes import check_in_code, code_url
from enrolments.emails.parts import attendee_of
from enrolments.links import participant_link, registration_link
from enrolments.models import Enrolment
from enrolments.operations.check_in import code_in, enrolment_by_code
from enrolments.qr import qr_png
from enrolments.snapshots import snapshot_registration, snapshot_run
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, RegistrationFactory, UserFactory
from website.core.logs import mask
from website.messaging.mime import OutgoingEmail
from website.messaging.registry import mail_kinds
from website.messaging.showing import show

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return EnrolmentFactory(name="Anna And", email="anna@example.dk", run__course__title="Frivillighed i praksis")


def page_of(enrolment, client):
    return client.get(f"/fremmoede/kode/{check_in_code(enrolment)}/")


def text(response):
    return BeautifulSoup(response.content, "html.parser").find("main").get_text(" ", strip=True)


class TestWhoseCodeItIs:
    def test_the_code_and_its_address_both_tell_who_it_is_on_their_run(self, anna):
        for typed in (check_in_code(anna), code_url(anna), f" {check_in_code(anna).lower()} "):
            assert enrolment_by_code(run=anna.run, code=typed) == anna

    def test_nobody_is_found_by_a_code_of_another_run_a_dead_one_a_forged_one_or_none(self, anna):
        code = check_in_code(anna)
        forged = code[:-1] + ("0" if code[-1] != "0" else "1")
        for typed in (
            check_in_code(EnrolmentFactory()),
            forged,
            "",
            "-",
            "0-00000000",
            "ZZZZZZZZZZZZ-00000000",
            "x" * 999,
        ):
            assert enrolment_by_code(run=anna.run, code=typed) is None
        Enrolment.objects.filter(pk=anna.pk).update(link_version=2)
        assert enrolment_by_code(run=anna.run, code=code) is None

    def test_a_code_in_a_strange_address_is_no_code_of_ours(self):
        assert code_in("https://example.org/andet/9IX-7F2QXA4K/") == "https://example.org/andet/9IX-7F2QXA4K/"


class TestItsPage:
    def test_a_passer_by_sees_the_code_and_nothing_personal(self, client, anna):
        page = page_of(anna, client)

        assert check_in_code(anna) in text(page)
        assert BeautifulSoup(page.content, "html.parser").select_one("svg[role=img]")["aria-label"]
        for private in ("Anna", "anna@", "Frivillighed", str(anna.run.pk)):
            assert private not in text(page)
        assert page["X-Robots-Tag"] == "noindex"
        assert page["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page["Cache-Control"]

    @pytest.mark.parametrize("organiser", [True, False])
    def test_whoever_takes_the_roll_call_is_led_to_the_participant_there(self, client, anna, organiser):
        if organiser:
            user = UserFactory(organiser=True)
        else:
            presenter = PresenterFactory(with_user=True)
            day = anna.run.days.get()
            day.presenters.set([presenter])
            day.save()
            user = presenter.user
        client.force_login(user)

        page = page_of(anna, client)

        day = anna.run.days.get()
        assert page.status_code == 302
        assert page.url == f"/fremmoede/hold/{anna.run.pk}/{day.date}/#deltager-{anna.pk}"

    def test_a_presenter_of_another_run_sees_what_everybody_sees(self, client, anna):
        other = PresenterFactory(with_user=True)
        CourseRunFactory(day_fields={"presenters": [other]})
        client.force_login(other.user)

        assert page_of(anna, client).status_code == 200

    def test_that_somebody_is_cancelled_only_staff_are_told(self, client):
        gone = EnrolmentFactory(name="Bo Bæk", cancelled=True)
        passer_by = page_of(gone, client)
        assert passer_by.status_code == 200
        assert "Aflyst" not in text(passer_by) and "Afmeldt" not in text(passer_by)

        client.force_login(UserFactory(organiser=True))
        told = page_of(gone, client)

        assert told.status_code == 410
        assert "Bo Bæk" in text(told) and gone.get_status_display() in text(told)

    def test_a_dead_code_says_so(self, client, anna):
        old = f"/fremmoede/kode/{check_in_code(anna)}/"
        Enrolment.objects.filter(pk=anna.pk).update(link_version=2)

        assert client.get(old).status_code == 404
        assert "Koden virker ikke" in text(client.get(old))

    def test_the_address_is_masked_in_logs(self, anna):
        assert check_in_code(anna) not in mask(f"GET /fremmoede/kode/{check_in_code(anna)}/ 404")


class TestOwnPages:
    def test_the_participants_page_shows_the_code_as_a_picture_with_words_and_as_text(self, client, anna):
        page = BeautifulSoup(client.get(participant_link.url(anna)).content, "html.parser").select_one(".my-code")

        assert check_in_code(anna) in page.svg["aria-label"]
        assert page.select_one(".my-code__code").string == check_in_code(anna)
        assert page.a["href"] == code_url(anna)

    @pytest.mark.parametrize("trait", ["waiting", "cancelled"])
    def test_who_has_no_seat_has_no_code(self, client, trait):
        enrolment = EnrolmentFactory(**{trait: True})
        assert b"my-code" not in client.get(participant_link.url(enrolment)).content

    def test_the_contacts_page_shows_no_colleagues_code(self, client):
        """With it somebody could answer an evaluation in a colleague's name."""
        registration = RegistrationFactory(participants=2)
        page = client.get(registration_link.url(registration)).content.decode()

        assert not any(check_in_code(each) in page for each in registration.enrolments.all())

    def test_min_side_shows_the_code_of_each_seat(self, client, anna):
        client.force_login(UserFactory(email="anna@example.dk"))

        page = BeautifulSoup(client.get("/min-side/").content, "html.parser")

        assert page.select_one(".my-course .my-code__code").string == check_in_code(anna)

    def test_while_the_doors_are_open_both_pages_take_the_digits(self, client):
        run = CourseRunFactory(today=True)
        anna = EnrolmentFactory(run=run, email="anna@example.dk")
        client.force_login(UserFactory(email="anna@example.dk"))
        pages = ("/min-side/", participant_link.url(anna))

        def forms_at(moment):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("django.utils.timezone.now", lambda: moment)
                return [
                    BeautifulSoup(client.get(page).content, "html.parser").select_one(".check-in-now form")
                    for page in pages
                ]

        day = run.days.get()
        mine, own = forms_at(day.starts_at)
        assert mine["action"] == "/fremmoede/tjek-ind/"
        assert own["action"] == f"/tilmelding/deltager/{participant_link.token(anna)}/tjek-ind/"
        assert forms_at(day.starts_at - timedelta(hours=2)) == [None, None]

    def test_min_side_asks_no_more_the_more_codes_it_shows(self, client):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.force_login(UserFactory(email="anna@example.dk"))

        def queries():
            with CaptureQueriesContext(connection) as found:
                client.get("/min-side/")
            return len(found)

        EnrolmentFactory(email="anna@example.dk")
        client.get("/min-side/")
        few = queries()
        for _ in range(4):
            EnrolmentFactory(email="anna@example.dk")
        assert queries() == few


class TestMails:
    def mime(self, kind, enrolment, **more):
        context = {
            "run": snapshot_run(enrolment.run),
            "registration": snapshot_registration(enrolment.registration),
            "attendee": attendee_of(enrolment),
            **more,
        }
        mail = mail_kinds.get(f"enrolments.{kind}").render(context)
        email = OutgoingEmail.from_mail(mail, to="anna@example.dk", message_id="<1@example.dk>")
        return mail, message_from_bytes(email.message().as_bytes(), policy=policy.default)

    @pytest.mark.parametrize("kind", ["invitation", "reminder_day"])
    def test_the_code_stands_in_the_mail_as_a_picture_and_as_text(self, anna, kind):
        _mail, mime = self.mime(kind, anna)
        image = next(part for part in mime.walk() if part.get_content_type() == "image/png")
        html = mime.get_body(("html",)).get_content()

        assert image.get_content() == qr_png(code_url(anna))
        assert f'src="cid:{image["Content-ID"].strip("<>")}"' in html
        assert image.get_content_disposition() == "inline"
        assert check_in_code(anna) in mime.get_body(("plain",)).get_content()
        assert f'alt="QR-kode med koden {check_in_code(anna)}"' in html

    def test_the_calendar_is_still_the_last_alternative_and_the_picture_goes_with_the_html(self, anna):
        _mail, mime = self.mime("invitation", anna)
        alternatives = next(part for part in mime.walk() if part.get_content_type() == "multipart/alternative")

        kinds = [part.get_content_type() for part in alternatives.iter_parts()]
        assert kinds == ["text/plain", "multipart/related", "text/calendar"]
        related = list(alternatives.iter_parts())[1]
        assert [part.get_content_type() for part in related.iter_parts()] == ["text/html", "image/png"]
        assert related.get_param("type") == "text/html"
        assert list(alternatives.iter_parts())[2].get_param("method") == "REQUEST"

    def test_a_contact_who_takes_part_has_the_own_code_and_nobody_elses(self, anna):
        mail, _mime = self.mime("registered", anna, participants=[])
        assert check_in_code(anna) in mail.text
        without, _mime = self.mime("registered", anna, participants=[], attendee=None)
        assert "kode til døren" not in without.text
        assert without.pictures == ()

    def test_words_without_the_code_take_no_picture_along(self, anna):
        from website.messaging.models import MailText

        MailText.objects.create(kind="enrolments.reminder_day", subject="I morgen", body="Kære {name}\n\n{seat}")
        mail, mime = self.mime("reminder_day", anna)

        assert mail.pictures == ()
        assert not any(part.get_content_maintype() == "image" for part in mime.walk())

    def test_a_mail_queued_before_there_were_codes_leaves_all_the_same(self, anna):
        attendee = attendee_of(anna)
        del attendee["link_version"]
        mail, _mime = self.mime("invitation", anna, attendee=attendee)

        assert "kode til døren" not in mail.text

    def test_staff_see_the_picture_in_the_outbox(self, anna):
        mail, _mime = self.mime("invitation", anna)
        assert 'src="data:image/png;base64,' in show(mail).html
        assert "cid:" not in show(mail).html


class TestBadges:
    def test_a_badge_carries_the_code_as_a_picture_with_words_and_as_text(self, anna):
        document = documents.badges(anna.run, [anna])
        reader = PdfReader(io.BytesIO(document))

        assert check_in_code(anna) in reader.pages[0].extract_text()
        figures = [str(each) for each in alternatives_in(reader)]
        assert figures == [f"QR-kode med koden {check_in_code(anna)}"]

    def test_eight_badges_still_stand_on_a_sheet(self, anna):
        people = [
            anna,
            *(EnrolmentFactory(run=anna.run, name="Christina-Elisabeth Hammershøj-Vestergaard") for _ in range(7)),
        ]
        assert len(PdfReader(io.BytesIO(documents.badges(anna.run, people))).pages) == 1


def alternatives_in(reader):
    """Yield the alternative texts of a PDF's figures."""
    found, todo = [], [reader.trailer["/Root"]["/StructTreeRoot"]]
    while todo:
        node = todo.pop().get_object()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            if "/Alt" in node:
                found.append(node["/Alt"])
            if "/K" in node:
                todo.append(node["/K"])
    return found
