"""Who is registered on a run."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema
from ninja.pagination import paginate
from pydantic import AwareDatetime

from courses.models import CourseRun
from enrolments.models import Enrolment
from enrolments.permissions import may_see_enrolments, may_take_roll_call
from website.core.api import PROBLEMS, ApiError, Pages, token_auth

router = Router(auth=token_auth, tags=["registrations"])

RunId = Annotated[int, Field(ge=1, lt=2**63, description="The run: `id` of /api/v1/runs, or its number in the admin")]


class OrganisationOut(Schema):
    code: str = Field(description="The municipality's four digits; empty for others")
    name: str


class RegistrationOut(Schema):
    """One participant on one run."""

    id: int = Field(description="The participant on this run: `enrolment` elsewhere")
    registration: str = Field(description="The number of the registration, such as T000123")
    status: str = Field(
        description="confirmed, walk_in (came without a seat), offered, waiting, cancelled, replaced, moved"
    )
    came_unregistered: bool = Field(description="Registered at the door")
    name: str = Field(description="Empty while the name is to follow")
    email: str | None = Field(description="Only for those who see all registrations; null where there is none")
    job_title: str
    department: str
    organisation: OrganisationOut
    price: Decimal | None = Field(description="DKK without VAT, as agreed; only for those who see all registrations")
    registered_at: datetime
    cancelled_at: datetime | None
    changed_at: datetime = Field(description="When something last happened to it")

    @staticmethod
    def resolve_registration(enrolment: Enrolment) -> str:
        return enrolment.registration.number

    @staticmethod
    def resolve_came_unregistered(enrolment: Enrolment) -> bool:
        return enrolment.registration.is_walk_in

    @staticmethod
    def resolve_email(enrolment: Enrolment, context: dict) -> str | None:
        return (enrolment.email or None) if sees_all(context["request"]) else None

    @staticmethod
    def resolve_price(enrolment: Enrolment, context: dict) -> Decimal | None:
        return enrolment.registration.price if sees_all(context["request"]) else None

    @staticmethod
    def resolve_organisation(enrolment: Enrolment) -> dict[str, str]:
        code = enrolment.organisation.code if enrolment.organisation else ""
        return {"code": code, "name": enrolment.organisation_label}

    @staticmethod
    def resolve_registered_at(enrolment: Enrolment) -> datetime:
        return timezone.localtime(enrolment.created_at)

    @staticmethod
    def resolve_cancelled_at(enrolment: Enrolment) -> datetime | None:
        return enrolment.cancelled_at and timezone.localtime(enrolment.cancelled_at)

    @staticmethod
    def resolve_changed_at(enrolment: Enrolment) -> datetime:
        return timezone.localtime(getattr(enrolment, "happened_at", None) or enrolment.created_at)


def sees_all(request: HttpRequest) -> bool:
    return bool(may_see_enrolments(request.user))


def readable_run(request: HttpRequest, run_id: int) -> CourseRun:
    """Return a run whose people the token's user sees. Raises ApiError 404 and 403."""
    run = CourseRun.objects.filter(pk=run_id).first()
    if run is None:
        raise ApiError(404, _("There is no run %(id)s.") % {"id": run_id})
    allowed = may_see_enrolments(request.user) or may_take_roll_call(request.user, run)
    if not allowed:
        raise ApiError(403, allowed.reason)
    return run


@router.get(
    "/runs/{run_id}/registrations", response={200: list[RegistrationOut], **PROBLEMS}, summary="Registrations of a run"
)
@paginate(Pages)
def list_registrations(
    request: HttpRequest,
    run_id: RunId,
    status: Annotated[str, Query(description="Only these, such as confirmed", max_length=12)] = "",
    changed_since: Annotated[
        AwareDatetime | None, Query(description="Only what has happened since: ISO 8601 with an offset")
    ] = None,
) -> QuerySet[Enrolment]:
    """The participants of a run in the order they were registered, those cancelled too."""
    run = readable_run(request, run_id)
    found = Enrolment.objects.visible_to(request.user).filter(run=run)
    found = found.select_related("registration", "organisation").annotate(happened_at=Max("events__at")).order_by("pk")
    if status:
        found = found.filter(status=status)
    if changed_since:
        found = found.filter(Q(happened_at__gte=changed_since) | Q(created_at__gte=changed_since))
    return found
