"""The two secret doors: the contact's to a whole registration, and the participant's to their own seat.

Behind both are the same pages. A door knows who asks, which participants are within reach, and its addresses.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from courses.models import CourseRun
from courses.presentation import RunView
from enrolments.enums import ActorKind
from enrolments.links import find_registration, participant_link
from enrolments.models import Enrolment, Registration

#: Pages that are about one participant: their number stands in the contact's address.
ABOUT_ONE = ("correct", "replace", "send_link")


# The address is the secret that a forged request lacks. Django's own check cannot serve here: under
# "no-referrer" browsers send "Origin: null" with a POST.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class Door(View):
    """Finds what a secret link opens; a forged or replaced link gets an answer in words."""

    actor: ActorKind
    token: str
    registration: Registration
    run: CourseRun

    def dispatch(self, request: HttpRequest, *args: Any, token: str, **kwargs: Any) -> HttpResponse:
        self.token = token
        opened = self.open(token)
        if opened and self.is_forgotten:
            response = TemplateResponse(request, "enrolments/forgotten.html", status=410)
        elif opened:
            self.run = CourseRun.objects.for_display().get(pk=self.registration.run_id)
            response = super().dispatch(request, *args, **kwargs)
        else:
            response = TemplateResponse(request, "enrolments/unknown_link.html", status=404)
        # The address is the key: it must not travel in a Referer, nor into a search engine.
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    def open(self, token: str) -> bool:
        """Find what the link opens; whether there is something."""
        raise NotImplementedError

    @property
    def is_forgotten(self) -> bool:
        """Whether the personal data behind the door is deleted: then there is nobody to show it to."""
        return self.registration.anonymised_at is not None

    def reach(self) -> QuerySet[Enrolment]:
        """Return the participants one may change from here."""
        raise NotImplementedError

    def address(self, page: str, *enrolments: Enrolment) -> str:
        """Return the address of a page behind this door, about these participants."""
        raise NotImplementedError

    @property
    def home(self) -> str:
        """The address of the page that everything returns to."""
        raise NotImplementedError

    @property
    def home_title(self) -> str:
        raise NotImplementedError

    def one(self, pk: int | None) -> Enrolment | None:
        """Return the active participant of that number; the participant's own seat without one."""
        rows = self.reach().active()
        return (rows.filter(pk=pk) if pk is not None else rows).first()

    def page(self, template: str, here: str, **context: Any) -> HttpResponse:
        """Return a page below the home page, with the run beside it."""
        values = {
            "registration": self.registration,
            "run": self.run,
            "course": self.run.course,
            "shown": RunView(self.run, timezone.now()),
            "crumbs": [(self.home_title, self.home)],
            "here": here,
            "home": self.home,
            "by_participant": self.actor == ActorKind.PARTICIPANT,
            **context,
        }
        return TemplateResponse(self.request, template, values)


class ContactDoor(Door):
    actor = ActorKind.CONTACT

    def open(self, token: str) -> bool:
        registration = find_registration(token)
        if registration is not None:
            self.registration = registration
        return registration is not None

    def reach(self) -> QuerySet[Enrolment]:
        return self.registration.enrolments.select_related("registration").order_by("form_order", "pk")

    def address(self, page: str, *enrolments: Enrolment) -> str:
        if page in ABOUT_ONE:
            return reverse(f"enrolments:{page}", args=[self.token, enrolments[0].pk])
        query = urlencode([("deltager", enrolment.pk) for enrolment in enrolments])
        return reverse(f"enrolments:{page}", args=[self.token]) + (f"?{query}" if query else "")

    @property
    def home(self) -> str:
        return reverse("enrolments:registration", args=[self.token])

    @property
    def home_title(self) -> str:
        return _("Registration %(number)s") % {"number": self.registration.number}


class ParticipantDoor(Door):
    actor = ActorKind.PARTICIPANT
    enrolment: Enrolment

    def open(self, token: str) -> bool:
        rows = Enrolment.objects.select_related(
            "registration__terms", "registration__organisation", "registration__run", "organisation"
        )
        enrolment = participant_link.find(token, rows)
        if enrolment is not None:
            self.enrolment, self.registration = enrolment, enrolment.registration
        return enrolment is not None

    @property
    def is_forgotten(self) -> bool:
        return self.enrolment.anonymised_at is not None

    def reach(self) -> QuerySet[Enrolment]:
        return Enrolment.objects.select_related("registration__terms").filter(pk=self.enrolment.pk)

    def address(self, page: str, *enrolments: Enrolment) -> str:
        return reverse(f"enrolments:seat_{page}", args=[self.token])

    @property
    def home(self) -> str:
        return reverse("enrolments:participant", args=[self.token])

    @property
    def home_title(self) -> str:
        return _("Your seat")
