"""What others see of a certificate at /bevis/, and what its owner sees on Min side and on their own page."""

import io
import json
import re

import pytest
from django.test import Client
from pypdf import PdfReader

from courses.models import CoursePage
from enrolments.certificates.codes import new_code
from enrolments.links import participant_link
from enrolments.models import Certificate, Enrolment
from enrolments.operations.certificates import anonymise_certificates, issue, reissue, revoke
from tests.accounts.test_forget_me import forget
from tests.accounts.test_my_page import sign_in, words
from tests.enrolments.certificate_helpers import DUE, attendee, certified, held_run

pytestmark = pytest.mark.django_db

NAME = "Anna Bjergsø Kærgård"


def page_of(certificate: Certificate) -> str:
    return f"/bevis/{certificate.code}/"


@pytest.fixture
def certificate() -> Certificate:
    return certified(NAME)


# At the public door


def test_a_valid_one_is_shown_with_just_enough(client: Client, certificate):
    response = client.get(page_of(certificate))
    said = words(response)
    assert "Beviset er ægte" in said
    for fact in ("Led samskabelsen", "12. marts 2026", "7 af 7 timer", "16. marts 2026", "A. B. K."):
        assert fact in said
    for name in ("Anna", "Bjergsø", certificate.enrolment.email, certificate.enrolment.department):
        assert name not in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex" and "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert not response.cookies


def test_the_name_on_the_document_is_compared_and_never_shown(client: Client, certificate):
    right = client.post(page_of(certificate), {"navn": "anna  bjergsø KÆRGÅRD"})
    wrong = client.post(page_of(certificate), {"navn": "Anna Bjergsø"})
    empty = client.post(page_of(certificate), {"navn": " "})
    assert "Ja: Det er det navn" in words(right)
    assert "Nej: Beviset er udstedt til et andet navn" in words(wrong)
    assert empty.status_code == 400 and "Skriv navnet, som det står på beviset." in words(empty)
    assert "Bjergsø Kærgård" not in right.content.decode()
    certificate.refresh_from_db()
    assert certificate.data["name"] == NAME


def test_names_are_not_to_be_tried_by_the_hundred(client: Client, certificate, settings):
    settings.FORM_RATE_LIMITS = {"certificate": (3, 600)}
    answers = [client.post(page_of(certificate), {"navn": f"Anna {n}"}).status_code for n in range(4)]
    assert answers == [200, 200, 200, 429]
    assert client.get(page_of(certificate)).status_code == 200


def test_a_revoked_one_is_revoked_and_not_unknown(client: Client, certificate):
    revoke(certificate_pk=certificate.pk, reason="Udstedt til den forkerte", by=None)
    said = words(client.get(page_of(certificate)))
    assert "Beviset er tilbagekaldt" in said and "Udstedt til den forkerte" in said
    assert "Led samskabelsen" in said and "ægte" not in said


def test_one_that_was_issued_anew_says_that_it_is_replaced_and_the_new_one_is_valid(client: Client, certificate):
    new = reissue(certificate_pk=certificate.pk, reason="Navnet er rettet", by=None, at=DUE)
    old = client.get(page_of(certificate))
    assert "Beviset er erstattet" in words(old) and "Navnet er rettet" in words(old)
    assert new.code not in old.content.decode()
    assert "Beviset er ægte" in words(client.get(page_of(new)))
    revoke(certificate_pk=new.pk, reason="En fejl", by=None)
    assert "Beviset er tilbagekaldt" in words(client.get(page_of(certificate)))


def test_an_unknown_code_is_unknown_and_may_be_tried_again(client: Client):
    code = new_code()
    response = client.get(f"/bevis/{code}/")
    assert response.status_code == 404
    assert "Vi kender ikke beviset" in words(response) and code in words(response)
    assert client.get("/bevis/<script>/").status_code == 404
    assert client.get(f"/bevis/{'a' * 500}/").status_code == 404
    assert client.post(f"/bevis/{code}/", {"navn": "Anna"}).status_code == 404


def test_a_code_is_typed_the_way_people_type(client: Client, certificate):
    typed = certificate.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    found = client.get("/bevis/", {"kode": typed}, follow=True)
    assert found.redirect_chain == [(page_of(certificate), 302)]
    lower = client.get(f"/bevis/{certificate.code.lower()}/")
    assert (lower.status_code, lower["Location"]) == (302, page_of(certificate))
    wrong = client.get("/bevis/", {"kode": "12345"})
    assert wrong.status_code == 400 and "Det er ikke koden på et kursusbevis" in words(wrong)
    assert client.get("/bevis/").status_code == 200


def test_when_its_personal_data_is_deleted_it_still_says_that_one_was_issued(client: Client, certificate):
    anonymise_certificates([certificate.pk])
    response = client.get(page_of(certificate))
    said = words(response)
    assert "Beviset er ægte" in said and "Led samskabelsen" in said and "12. marts 2026" in said
    assert "A. B. K." not in said and "Vi har slettet, hvem beviset er udstedt til" in said
    assert 'name="navn"' not in response.content.decode()
    assert client.post(page_of(certificate), {"navn": NAME}).status_code == 200


def test_opening_it_changes_nothing(client: Client, certificate, django_assert_max_num_queries):
    before = Certificate.objects.values().get()
    with django_assert_max_num_queries(12) as captured:
        client.get(page_of(certificate))
    assert not [query for query in captured if not query["sql"].startswith("SELECT")]
    assert Certificate.objects.values().get() == before


# The document


def test_the_document_is_tagged_and_holds_what_was_frozen():
    run = held_run(days=3)
    enrolment = attendee(run, NAME)
    [certificate] = issue(run_pk=run.pk, at=DUE).certificates
    CoursePage.objects.filter(pk=run.course_id).update(title="Et andet navn", outcomes="")
    client = Client()
    response = client.get(f"/tilmelding/deltager/{participant_link.token(enrolment)}/kursusbevis/")

    assert response["Content-Type"] == "application/pdf" and "no-store" in response["Cache-Control"]
    reader = PdfReader(io.BytesIO(response.content))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"].startswith("da")
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert "/Alt" in str(_tags(root["/StructTreeRoot"]))
    assert len(reader.pages) == 1
    text = " ".join(reader.pages[0].extract_text().split())
    for words_on_it in (
        NAME, "Led samskabelsen", "Herlev", "torsdag 12. marts 2026", "9.00–16.00", "21 af 21 timer",
        "lede frivillige", "forhandle på Ærø", "Udstedt den 16. marts 2026", certificate.code, "/bevis/",
    ):  # fmt: skip
        assert words_on_it in text
    assert "Et andet navn" not in text


def _tags(node, depth: int = 0) -> list:
    """Return the keys of a document's tags."""
    node = node.get_object()
    found = list(node.keys())
    children = node.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        if hasattr(child, "get_object") and hasattr(child.get_object(), "keys") and depth < 40:
            found += _tags(child, depth + 1)
    return found


# Its owner


def test_it_stands_on_min_side_and_so_does_that_it_was_revoked(client: Client, certificate):
    revoked = certified("Anna Kærgård", email=certificate.enrolment.email)
    revoke(certificate_pk=revoked.pk, reason="Udstedt ved en fejl", by=None)
    certified("En helt anden")
    sign_in(client, certificate.enrolment.email)
    response = client.get("/min-side/")
    said = words(response)
    assert "Dine kursusbeviser" in said and "Udstedt ved en fejl" in said
    [address] = set(re.findall(r"/tilmelding/deltager/[^\"]+/kursusbevis/", response.content.decode()))
    assert client.get(address).content.startswith(b"%PDF")


def test_who_has_none_sees_no_section(client: Client):
    enrolment = attendee(held_run())
    sign_in(client, enrolment.email)
    assert "Dine kursusbeviser" not in words(client.get("/min-side/"))
    token = participant_link.token(enrolment)
    assert "Dit kursusbevis" not in words(client.get(f"/tilmelding/deltager/{token}/"))
    assert client.get(f"/tilmelding/deltager/{token}/kursusbevis/").status_code == 404


def test_it_is_fetched_from_the_participants_own_page_as_long_as_it_is_valid(client: Client, certificate):
    token = participant_link.token(certificate.enrolment)
    page = client.get(f"/tilmelding/deltager/{token}/")
    assert "Hent dit kursusbevis" in words(page) and certificate.code in words(page)
    revoke(certificate_pk=certificate.pk, reason="En fejl", by=None)
    page = client.get(f"/tilmelding/deltager/{token}/")
    assert "Hent dit kursusbevis" not in words(page) and "En fejl" in words(page)
    assert client.get(f"/tilmelding/deltager/{token}/kursusbevis/").status_code == 404


def test_my_data_holds_it(client: Client, certificate):
    sign_in(client, certificate.enrolment.email)
    data = json.loads(client.get("/min-side/mine-data.json").content)
    [row] = data["certificates"]
    assert (row["code"], row["says"]["name"]) == (certificate.code, NAME)


def test_who_asks_to_be_forgotten_is_told_and_their_certificate_says_no_more_than_that_it_was_issued(
    client, certificate
):
    sign_in(client, certificate.enrolment.email)
    assert "Dit kursusbevis for Led samskabelsen" in words(client.get("/min-side/glem-mig/"))
    forget(client)
    certificate.refresh_from_db()
    assert certificate.data == {} and certificate.anonymised_at
    assert not Enrolment.objects.filter(name=NAME).exists()
    assert "Beviset er ægte" in words(client.get(page_of(certificate)))
