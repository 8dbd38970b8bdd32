"""Everything that enrolments know about somebody, as plain values: what "my data" holds.

Own rows in full; of registrations that somebody else made, what concerns the person. Staff's internal words
about them are theirs to read as well (GDPR article 15).
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch

from enrolments.models import (
    Answer,
    Attendance,
    ChangeRequest,
    Enrolment,
    EnrolmentEvent,
    GroupDraft,
    Offer,
    Payer,
    Registration,
)


def about(emails: list[str]) -> dict[str, Any]:
    """Return what is known of whoever has these addresses, in a constant number of queries."""
    return {
        "enrolments": [_enrolment(row) for row in _enrolments(emails)],
        "registrations": [_registration(row) for row in _registrations(emails)],
        "drafts": [
            {
                "course": str(draft.run),
                "begun": draft.created_at.isoformat(),
                "changed": draft.updated_at.isoformat(),
                "filled_in": draft.data,
            }
            for draft in GroupDraft.objects.filter(contact_email__in=emails).select_related("run__course")
        ],
    }


def _enrolments(emails: list[str]) -> Iterable[Enrolment]:
    return (
        Enrolment.objects.filter(email__in=emails)
        .exclude(email="")
        .select_related("run__course", "organisation", "registration__organisation")
        .prefetch_related(
            "events",
            "requests",
            Prefetch("answers", Answer.objects.select_related("question")),
            Prefetch("attendance", Attendance.objects.select_related("day").prefetch_related("changes")),
            Prefetch("run__days"),
        )
        .order_by("pk")
    )


def _registrations(emails: list[str]) -> Iterable[Registration]:
    answers = Answer.objects.filter(enrolment=None).select_related("question")
    return (
        Registration.objects.filter(contact_email__in=emails)
        .exclude(contact_email="")
        .select_related("run__course", "organisation", "terms")
        .prefetch_related("payers", "enrolments", "offers", Prefetch("answers", answers))
        .order_by("pk")
    )


def _enrolment(row: Enrolment) -> dict[str, Any]:
    return {
        "course": str(row.run),
        "days": [day.date.isoformat() for day in row.run.ordered_days()],
        "registration": row.registration.number,
        "registered_by": row.registration.organisation_label,
        "registered_at_the_door": row.registration.is_walk_in,
        "name": row.name,
        "email": row.email,
        "job_title": row.job_title,
        "department": row.department,
        "organisation": row.organisation_label,
        "dietary_and_access_needs": row.dietary,
        "status": row.get_status_display(),
        "internal_notes": row.notes,
        "fee": None if row.fee is None else str(row.fee),
        "registered": row.created_at.isoformat(),
        "ended": row.cancelled_at.isoformat() if row.cancelled_at else None,
        "answers": [_answer(answer) for answer in row.answers.all()],
        "attendance": [_attendance(mark) for mark in row.attendance.all()],
        "events": [_event(event) for event in row.events.all()],
        "requests": [_request(wish) for wish in row.requests.all()],
    }


def _registration(row: Registration) -> dict[str, Any]:
    return {
        "number": row.number,
        "course": str(row.run),
        "contact_name": row.contact_name,
        "contact_email": row.contact_email,
        "contact_phone": row.contact_phone,
        "organisation": row.organisation_label,
        "price": str(row.price),
        "keep_together": row.keep_together,
        "terms": row.terms.text if row.terms else "",
        "accepted_terms": row.accepted_terms_at.isoformat() if row.accepted_terms_at else None,
        "registered": row.created_at.isoformat(),
        "participants": [
            {
                "name": e.name,
                "email": e.email,
                "job_title": e.job_title,
                "department": e.department,
                "status": e.get_status_display(),
            }
            for e in row.enrolments.all()
        ],
        "payers": [_payer(payer) for payer in row.payers.all()],
        "answers": [_answer(answer) for answer in row.answers.all()],
        "offers": [_offer(offer) for offer in row.offers.all()],
    }


def _answer(row: Answer) -> dict[str, Any]:
    return {"question": row.question.text, "answer": row.value, "file": (row.file.name or "").rpartition("/")[2]}


def _attendance(row: Attendance) -> dict[str, Any]:
    return {
        "day": row.day.date.isoformat(),
        "mark": row.get_status_display(),
        "minutes_late": row.minutes_late,
        "minutes_left_early": row.minutes_early,
        "reason": row.reason,
        "note": row.note,
        "marked": row.marked_at.isoformat(),
        "how": row.get_source_display(),
        "changes": [
            {
                "from": change.get_old_status_display(),
                "to": change.get_new_status_display(),
                "minutes_late": change.new_minutes_late,
                "minutes_left_early": change.new_minutes_early,
                "reason": change.new_reason,
                "note": change.new_note,
                "at": change.at.isoformat(),
                "how": change.get_source_display(),
                "became_the_mark": change.is_applied,
            }
            for change in row.changes.all()
        ],
    }


def _event(row: EnrolmentEvent) -> dict[str, Any]:
    return {
        "what": row.get_kind_display(),
        "at": row.at.isoformat(),
        "by": row.get_actor_display(),
        "reason": row.reason,
        "details": row.data,
    }


def _request(row: ChangeRequest) -> dict[str, Any]:
    return {
        "wish": row.get_kind_display(),
        "message": row.message,
        "status": row.get_status_display(),
        "asked": row.created_at.isoformat(),
        "reply": row.reply,
    }


def _payer(row: Payer) -> dict[str, Any]:
    fields = ("billing_method", "name", "ean", "order_reference", "person_reference", "invoice_email", "cvr")
    return {field: getattr(row, field) for field in fields}


def _offer(row: Offer) -> dict[str, Any]:
    return {
        "seats": row.seats,
        "status": row.get_status_display(),
        "offered": row.created_at.isoformat(),
        "expires": row.expires_at.isoformat(),
    }
