"""What certificates are made of: codes, words, plain objectives, and the mails that carry them."""

from datetime import date
from decimal import Decimal

import pytest
from django.core import mail

from enrolments.certificates import words
from enrolments.certificates.codes import SIGNS, new_code, read_code
from enrolments.certificates.data import objectives
from enrolments.operations.certificates import revoke, send_again
from enrolments.reports import enrolment_results
from tests.enrolments.certificate_helpers import LAST_DAY, certified
from tests.factories import CourseRunFactory, DiplomaModulePageFactory, UserFactory
from website.core.contributions import retention_categories
from website.core.exports import rows
from website.core.retention import Period
from website.messaging.models import OutboxMessage
from website.messaging.operations import deliver, due_pks

pytestmark = pytest.mark.django_db


def test_objectives_are_plain_text_whatever_an_editor_wrote():
    html = (
        '<h3>Du kan</h3><ol><li>lede <b>med</b> &amp; for <a linktype="page" id="3">andre</a></li><li></li></ol>x<br/>y'
    )
    assert objectives(("", html), ("Tom", "<p></p>")) == [
        {"kind": "heading", "text": "Du kan"},
        {"kind": "item", "text": "lede med & for andre"},
        {"kind": "text", "text": "x y"},
    ]


def test_the_mail_carries_the_document_and_leads_to_it():
    certificate = certified()
    deliver(due_pks())
    [sent] = mail.outbox
    [(name, content, content_type)] = sent.attachments
    assert name == f"kursusbevis-led-samskabelsen-{certificate.code}.pdf"
    assert content.startswith(b"%PDF") and content_type == "application/pdf"
    assert "7 af 7 timer" in sent.body and "/kursusbevis/" in sent.body and certificate.data["url"] in sent.body
    assert OutboxMessage.objects.get().context == {"certificate": certificate.pk}


def test_a_mail_that_waited_while_the_certificate_was_revoked_carries_nothing():
    certificate = certified()
    revoke(certificate_pk=certificate.pk, reason="En fejl", by=None)
    deliver(due_pks())
    assert [bool(sent.attachments) for sent in mail.outbox] == [False, False]


def test_it_is_sent_again_as_long_as_it_is_valid():
    one, two = certified(), certified("Bo Dam")
    revoke(certificate_pk=two.pk, reason="En fejl", by=None)
    two.refresh_from_db()
    OutboxMessage.objects.all().delete()
    assert send_again(certificates=[one, two]) == 1
    assert OutboxMessage.objects.get().kind == "enrolments.certificate_issued"


def test_codes_are_long_readable_and_forgive_what_looks_alike():
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert SIGNS * 5 >= 60
    assert all(read_code(code) == code for code in codes)
    assert read_code(" 7f2q xa4k–rt9b ") == "7F2Q-XA4K-RT9B"
    assert read_code("OIL0-1234-5678") == "0110-1234-5678"
    assert read_code("7F2Q-XA4K-RT9U") == read_code("7F2Q-XA4K") == read_code("") == ""


SAID = [(420, "7 timer"), (390, "6 timer og 30 minutter"), (60, "1 time"), (1, "1 minut"), (0, "0 timer")]


@pytest.mark.parametrize(("minutes", "said"), SAID)
def test_hours_are_said_in_words(minutes, said):
    assert words.hours(minutes) == said


def test_names_match_whatever_their_case_spaces_and_composition():
    assert words.is_same_name("  anna   BJERGSØ kærgård", "Anna Bjergsø Kærgård")
    assert words.is_same_name("Kærga\u030ard", "Kærgård")
    assert not words.is_same_name("Anna Bjergsø", "Anna Bjergsø Kærgård")
    assert words.initials("Anna-Marie von Bjergsø") == "A. v. B."


def test_the_report_per_participant_tells_of_the_valid_one():
    certificate = certified()
    revoked = certified("Bo Dam")
    revoke(certificate_pk=revoked.pk, reason="En fejl", by=None)
    user = UserFactory(organiser=True)
    columns = [enrolment_results.columns.get(name) for name in ("participant", "certificate", "certificate_code")]
    found = set(rows(enrolment_results.entries(user), columns))
    assert found == {("Anna Berg", date(2026, 3, 16), certificate.code), ("Bo Dam", None, "")}


def test_a_diploma_module_says_how_large_it_is_and_what_it_teaches():
    module = DiplomaModulePageFactory(ects=Decimal("5.0"), knowledge="<p>Om frivillige</p>", outcomes="")
    run = CourseRunFactory(course=module, first_day=LAST_DAY)
    data = certified(run=run).data
    assert data["facts"] == [["Modulets omfang", "5 ECTS-point, som gives ved bestået eksamen"]]
    assert data["objectives"] == [{"kind": "heading", "text": "Viden"}, {"kind": "text", "text": "Om frivillige"}]


def test_what_it_says_is_kept_five_years_from_its_issue_longer_than_the_course_data():
    certificate = certified()
    category = retention_categories.get("certificates")
    period = Period.of(category.period)
    assert period.ends(date(2026, 3, 16)) == date(2031, 3, 16)
    assert category.due(period.cutoff(date(2031, 3, 16))) == 0
    assert category.next_due(period.cutoff(date(2031, 3, 16))) == (date(2026, 3, 16), 1)
    assert category.due(period.cutoff(date(2031, 3, 17))) == 1
    assert sum(category.forget(period.cutoff(date(2031, 3, 17)))) == 1
    assert category.due(period.cutoff(date(2040, 1, 1))) == 0
    certificate.refresh_from_db()
    assert certificate.data == {}
