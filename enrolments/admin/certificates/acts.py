"""What is done to one certificate: revoke it, or issue the next version. Each says first what will happen."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from enrolments.admin.workspace.tabs import RunMixin
from enrolments.admin.workspace.words import refusal
from enrolments.certificates import words
from enrolments.certificates.standings import Standing, standings_of
from enrolments.emails.certificates import address_of
from enrolments.exceptions import CertificateRevoked, EnrolmentError, NotEntitled
from enrolments.forms.fields import OneLineField
from enrolments.models import Certificate
from enrolments.operations.certificates import may_have, reissue, revoke
from enrolments.permissions import may_change_enrolments


class RevokeForm(forms.Form):
    reason = OneLineField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy(
            "The participant and everybody who checks the certificate's code can read it: name nobody."
        ),
        error_messages={"required": gettext_lazy("Write why: whoever checks the certificate is told.")},
    )
    tell = forms.BooleanField(label=gettext_lazy("Tell the participant by e-mail"), required=False, initial=True)


class ReissueForm(RevokeForm):
    exception = OneLineField(
        label=gettext_lazy("Why do they get one all the same?"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("The requirement is not met. Only staff see what you write here."),
    )
    field_order = ["reason", "exception", "tell"]


class CertificateActView(RunMixin, TemplateView):
    """A form on one valid certificate, and one operation."""

    tab = "certificates"
    may = staticmethod(may_change_enrolments)
    template_name = "enrolments/admin/certificates/act.html"
    form_class: type[forms.Form] = RevokeForm
    button: Any = ""
    is_serious = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form)
        try:
            done = self.act(form.cleaned_data)
        except NotEntitled:
            form.add_error("exception", _("The requirement is not met: write why they get one all the same."))
            return self.page(form)
        except CertificateRevoked:
            messages.error(request, _("The certificate has been revoked already."))
        except EnrolmentError as error:
            form.add_error(None, refusal(error))
            return self.page(form)
        else:
            messages.success(request, done)
        return redirect(self.tab_url)

    def form(self, data: Any = None) -> forms.Form:
        return self.form_class(data)

    def act(self, values: dict[str, Any]) -> str:
        """Do it and return what was done, in words. Raises EnrolmentError."""
        raise NotImplementedError

    def consequence(self) -> str:
        raise NotImplementedError

    @cached_property
    def certificate(self) -> Certificate:
        rows = Certificate.objects.filter(enrolment__run=self.run, pk=self.kwargs["certificate_pk"])
        certificate = rows.select_related("enrolment__registration").first()
        if certificate is None:
            raise Http404
        return certificate

    @property
    def tab_url(self) -> str:
        return reverse("participants:certificates", args=[self.run.pk])

    def page(self, form: forms.Form) -> HttpResponse:
        if self.certificate.is_revoked or self.certificate.anonymised_at:
            messages.error(self.request, _("The certificate has been revoked already."))
            return redirect(self.tab_url)
        if not address_of(self.certificate.enrolment):
            form.fields.pop("tell", None)
        return self.render_to_response(
            self.get_context_data(
                certificate=self.certificate,
                form=form,
                consequence=self.consequence(),
                button=self.button,
                is_serious=self.is_serious,
                tab_url=self.tab_url,
            )
        )


class RevokeView(CertificateActView):
    page_title = gettext_lazy("Revoke the certificate")
    button = gettext_lazy("Yes, revoke it")
    is_serious = True

    def consequence(self) -> str:
        return _(
            "Whoever checks the code from now on is told that the certificate has been revoked, and why."
            " It cannot be undone; you can issue a new one."
        )

    def act(self, values: dict[str, Any]) -> str:
        revoke(certificate_pk=self.certificate.pk, reason=values["reason"], by=self.request.user, notify=values["tell"])
        return _("The certificate is revoked.")


class ReissueView(CertificateActView):
    """Issue the next version from what is so now: the name as it stands, the marks as they are."""

    page_title = gettext_lazy("Issue a new version")
    button = gettext_lazy("Issue the new version")
    form_class = ReissueForm

    def form(self, data: Any = None) -> forms.Form:
        initial = {"reason": _("Replaced by a corrected version")}
        form = ReissueForm(data, initial=initial)
        if self.standing is None or may_have(self.standing, is_over=self.is_over, exception=self.certificate.exception):
            del form.fields["exception"]
        return form

    @cached_property
    def _standings(self) -> Any:
        return standings_of(self.run)

    @property
    def is_over(self) -> bool:
        return self._standings.is_over

    @property
    def standing(self) -> Standing | None:
        return self._standings.by_pk.get(self.certificate.enrolment_id)

    def consequence(self) -> str:
        if self.standing is None:
            return _("The participant is no longer on the run.")
        result = self.standing.person.result
        now = {"minutes_attended": result.minutes_attended, "minutes_planned": result.minutes_planned}
        return _(
            "The new version will say: %(name)s, %(hours)s. The present one is revoked, and whoever checks its"
            " code is told that it has been replaced."
        ) % {"name": self.standing.person.enrolment.name, "hours": words.attended(now)}

    def act(self, values: dict[str, Any]) -> str:
        new = reissue(
            certificate_pk=self.certificate.pk,
            reason=values["reason"],
            exception=values.get("exception", ""),
            by=self.request.user,
            notify=values["tell"],
        )
        return _("Version %(version)s is issued.") % {"version": new.version}
