"""A run's certificates in its workspace: who has one, who is to have one, and what an organiser does about it."""

import io
import re
import zipfile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from enrolments.certificates.contributions import to_be_looked_at
from enrolments.models import Certificate, Enrolment
from enrolments.operations.attendance import Mark, mark
from tests.accounts.test_my_page import words
from tests.enrolments.certificate_helpers import DUE, attendee, certified, held_run, rule
from tests.factories import PresenterFactory, UserFactory
from website.core.jobs import run_job
from website.core.models import LongJob
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client: Client):
    user = UserFactory(organiser=True, staff=True)
    client.force_login(user)
    return user


def tab(run) -> str:
    return reverse("participants:certificates", args=[run.pk])


def act(client: Client, run, name: str, **data):
    return client.post(reverse(f"participants:{name}", args=[run.pk]), data, follow=True)


def test_the_tab_tells_who_has_one_who_is_to_have_one_and_who_is_in_doubt(client, organiser):
    run = held_run(days=2)
    certified("Anna Berg", run=run)
    attendee(run, "Bo Dam")
    attendee(run, "Carl Egholm", "present", "")
    attendee(run, "Dea Friis", "present", "absent")
    attendee(run, "")
    said = " ".join(re.sub(r"<[^>]+>", " ", words(client.get(tab(run)))).split())
    for line in (
        "Anna Berg", "Har et bevis 1", "Klar til bevis 1", "Fremmøde mangler 1", "Kravet er ikke opfyldt 1",
        "Navn mangler 1", "1 dag mangler fremmøde", "14 af 14 timer", "Udsted til 1, der opfylder kravet",
    ):  # fmt: skip
        assert line in said
    only = words(client.get(f"{tab(run)}?only=ready"))
    assert "Bo Dam" in only and "Anna Berg" not in only


def test_the_tab_costs_as_much_for_many_as_for_few(client, organiser):
    run = held_run()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(tab(run))
        return len(captured)

    certified("Anna Berg", run=run)
    client.get(tab(run))
    few = queries()
    for n in range(12):
        certified(f"Deltager {n}", run=run)
    assert queries() == few


def test_all_who_meet_the_requirement_are_issued_one_after_they_have_been_shown(client, organiser):
    run = held_run()
    for name in ("Anna Berg", "Bo Dam"):
        attendee(run, name)
    attendee(run, "Carl Egholm", "absent")

    shown = words(act(client, run, "issue_certificates", all="1"))
    assert "2 får et kursusbevis" in shown and "Anna Berg" in shown and "Carl Egholm" not in shown
    assert "Dit kursusbevis: Led samskabelsen" in shown
    assert not Certificate.objects.exists()

    pks = ",".join(str(pk) for pk in Enrolment.objects.values_list("pk", flat=True))
    act(client, run, "issue_certificates", chosen=pks, confirmed="1", tell="on", exception="")
    assert {each.data["name"] for each in Certificate.objects.all()} == {"Anna Berg", "Bo Dam"}
    assert Certificate.objects.first().issued_by == organiser
    assert OutboxMessage.objects.count() == 2


def test_those_who_have_one_are_counted_where_others_are_issued_one(client, organiser):
    run = held_run()
    anna, bo = attendee(run, "Anna Berg"), attendee(run, "Bo Dam")
    act(client, run, "issue_certificates", chosen=anna.pk, confirmed="1")
    shown = words(act(client, run, "issue_certificates", chosen=f"{anna.pk},{bo.pk}"))
    assert "1 får et kursusbevis" in shown
    assert "1 af de valgte har allerede et bevis" in shown


def test_an_exception_takes_a_reason(client, organiser):
    run = held_run()
    carl = attendee(run, "Carl Egholm", "absent")
    shown = words(act(client, run, "issue_certificates", one=carl.pk))
    assert "1 opfylder ikke kravet" in shown and "Hvorfor udstedes der bevis alligevel?" in shown
    said = words(act(client, run, "issue_certificates", chosen=carl.pk, confirmed="1", exception=""))
    assert "du gav ingen begrundelse" in said and not Certificate.objects.exists()
    act(client, run, "issue_certificates", chosen=carl.pk, confirmed="1", exception="Tog kurset sidste år")
    assert Certificate.objects.get().exception == "Tog kurset sidste år"
    assert not OutboxMessage.objects.exists()  # no tick in "send by e-mail"
    assert "Udstedt som undtagelse: Tog kurset sidste år" in words(client.get(tab(run)))


def test_one_is_revoked_with_a_reason(client, organiser):
    certificate = certified()
    url = reverse("participants:revoke_certificate", args=[certificate.enrolment.run_id, certificate.pk])
    assert "Det kan ikke fortrydes" in words(client.get(url))
    assert "Skriv hvorfor" in words(client.post(url, {"reason": ""}))
    client.post(url, {"reason": "En fejl", "tell": "on"})
    certificate.refresh_from_db()
    assert (certificate.revoked_reason, certificate.revoked_by) == ("En fejl", organiser)
    assert OutboxMessage.objects.filter(kind="enrolments.certificate_revoked").exists()
    assert client.get(url).status_code == 302


def test_one_that_no_longer_says_what_is_so_is_flagged_and_issued_anew(client, organiser):
    certificate = certified("Anna Bjerg")
    run = certificate.enrolment.run
    assert list(to_be_looked_at(organiser)) == []
    Enrolment.objects.filter(pk=certificate.enrolment_id).update(name="Anna Bjergsø")

    [item] = to_be_looked_at(organiser)
    assert (item.text, item.detail or item.url) and "har 1 kursusbevis, der ikke længere stemmer" in str(item)
    assert "1 kursusbevis stemmer ikke længere." in words(client.get(reverse("participants:run", args=[run.pk])))
    assert "Navnet er rettet" in words(client.get(tab(run)))

    url = reverse("participants:reissue_certificate", args=[run.pk, certificate.pk])
    assert "Der kommer til at stå: Anna Bjergsø, 7 af 7 timer" in words(client.get(url))
    client.post(url, {"reason": "Navnet er rettet", "tell": "on"})
    new = Certificate.objects.get(revoked_at=None)
    assert (new.version, new.data["name"]) == (2, "Anna Bjergsø")
    assert list(to_be_looked_at(organiser)) == []


def test_a_new_version_for_whom_the_requirement_no_longer_holds_asks_why(client, organiser):
    certificate = certified("Anna Berg", days=2)
    run = certificate.enrolment.run
    mark(day=run.ordered_days()[0], marks={certificate.enrolment_id: Mark("absent")}, by=None)
    url = reverse("participants:reissue_certificate", args=[run.pk, certificate.pk])
    assert "skriv, hvorfor" in words(client.post(url, {"reason": "Timerne er rettet"})).lower()
    client.post(url, {"reason": "Timerne er rettet", "exception": "Sygdom"})
    assert Certificate.objects.get(revoked_at=None).exception == "Sygdom"


def test_missing_marks_that_keep_people_waiting_are_told_of(organiser, monkeypatch):
    run = held_run(days=2)
    attendee(run, "Carl Egholm", "present", "")
    monkeypatch.setattr("django.utils.timezone.now", lambda: DUE)
    assert ["mangler fremmøde, før alle" in str(item) for item in to_be_looked_at(organiser)] == [True]
    rule(issues_certificates=False)
    assert list(to_be_looked_at(organiser)) == []


def test_they_are_sent_again_after_a_question(client, organiser):
    certificate = certified()
    run = certificate.enrolment.run
    OutboxMessage.objects.all().delete()
    asked = words(act(client, run, "certificates_chosen", action="send", chosen=certificate.enrolment_id))
    assert "1 deltager får beviset på mail en gang til" in asked and not OutboxMessage.objects.exists()
    act(client, run, "send_certificates", chosen=certificate.enrolment_id, confirmed="1")
    assert OutboxMessage.objects.get().to == certificate.enrolment.email


@pytest.mark.parametrize("form", ["pdf", "zip"])
def test_all_of_them_are_a_file_that_the_worker_makes(client, organiser, form):
    run = held_run()
    for name in ("Åse Ø", "Anna Berg"):
        certified(name, run=run)
    response = client.post(reverse("participants:certificates_chosen", args=[run.pk]), {"action": form})
    job = LongJob.objects.get()
    assert response["Location"] == reverse("long_job", args=[job.pk])
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.filename) == ("done", 2, f"kursusbeviser-led-samskabelsen-herlev.{form}")
    with job.file.open("rb") as file:
        content = file.read()
    if form == "pdf":
        text = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
        assert len(text) == 2 and "Anna Berg" in text[0] and "Åse Ø" in text[1]
    else:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
        assert [name.rsplit("-", 3)[0] for name in names] == ["kursusbevis-anna-berg", "kursusbevis-aase-oe"]


def test_a_single_one_is_fetched_also_when_it_is_revoked(client, organiser):
    certificate = certified()
    run = certificate.enrolment.run
    url = reverse("participants:certificate_pdf", args=[run.pk, certificate.pk])
    assert client.get(url).content.startswith(b"%PDF")
    other = reverse("participants:certificate_pdf", args=[held_run(course__slug="andet").pk, certificate.pk])
    assert client.get(other).status_code == 404


def test_presenters_and_strangers_get_nowhere(client):
    certificate = certified()
    run = certificate.enrolment.run
    presenter = PresenterFactory(with_user=True).user
    names = ["certificates", "certificates_chosen", "issue_certificates", "send_certificates"]
    urls = [reverse(f"participants:{name}", args=[run.pk]) for name in names]
    urls += [
        reverse(f"participants:{name}", args=[run.pk, certificate.pk])
        for name in ("certificate_pdf", "revoke_certificate", "reissue_certificate")
    ]
    for user in (None, presenter, UserFactory(editor=True, staff=True)):
        client.logout()
        if user:
            client.force_login(user)
        for url in urls:
            for answer in (client.get(url), client.post(url, {"all": "1", "reason": "x", "confirmed": "1"})):
                assert answer.status_code in (302, 403)
                assert "Anna Berg" not in answer.content.decode()
    assert Certificate.objects.filter(revoked_at=None).count() == 1
