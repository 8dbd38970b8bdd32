"""The public door to certificates: anybody with a code learns whether it is genuine, and no more than they need.

A GET changes nothing and shows nobody's name. Whoever holds the document types the name on it, by POST, and is
told whether it is the one that the certificate was issued to: no personal data is in an address.
"""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from enrolments.certificates import words
from enrolments.certificates.codes import read_code
from enrolments.certificates.documents import certificate_pdf, filename
from enrolments.forms.fields import OneLineField
from enrolments.models import Certificate
from enrolments.views.doors import ParticipantDoor
from website.core.danish import dates
from website.core.pdf import pdf_response
from website.core.throttling import is_too_often


class CodeForm(forms.Form):
    """The code as it stands on the document, typed by hand."""

    kode = forms.CharField(
        label=gettext_lazy("The certificate's code"),
        max_length=60,
        help_text=gettext_lazy("Twelve letters and digits, at the foot of the certificate, such as 7F2Q-XA4K-RT9B"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Write the code that stands at the foot of the certificate.")},
    )

    def clean_kode(self) -> str:
        code = read_code(self.cleaned_data["kode"])
        if not code:
            raise forms.ValidationError(
                _("That is not the code of a certificate: it has twelve letters and digits. See if one is missing.")
            )
        return code


class NameForm(forms.Form):
    navn = OneLineField(
        label=gettext_lazy("The name on the certificate"),
        max_length=120,
        help_text=gettext_lazy("We tell you whether it is the right one. We keep nothing of what you write."),
        error_messages={"required": gettext_lazy("Write the name as it stands on the certificate.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


# A POST changes nothing either: it only asks. So there is nothing to forge, and no cookie is needed.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class VerifyView(View):
    """What every page of the door shares: nobody keeps it, and no search engine finds it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().dispatch(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response


class VerifyFormView(VerifyView):
    """Where one types a code. It leads on to the certificate's own address."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.GET if "kode" in request.GET else None)
        if form.is_bound and form.is_valid():
            return redirect("enrolments:certificate", code=form.cleaned_data["kode"])
        status = 400 if form.is_bound else 200
        return TemplateResponse(request, "enrolments/verify/form.html", {"form": form}, status=status)


class CertificateView(VerifyView):
    """How a certificate stands: valid, replaced, revoked or unknown."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return self.page(code, NameForm())

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        form = NameForm(request.POST)
        if not form.is_valid():
            return self.page(code, form)
        if is_too_often("certificate", request):
            return TemplateResponse(request, "enrolments/verify/too_often.html", status=429)
        return self.page(code, form, typed=form.cleaned_data["navn"])

    def page(self, code: str, form: NameForm, *, typed: str = "") -> HttpResponse:
        written = read_code(code)
        if written and written != code:
            return redirect("enrolments:certificate", code=written)
        rows = Certificate.objects.select_related("enrolment__run__course", "enrolment__run__venue")
        certificate = rows.filter(code=written).first() if written else None
        if certificate is None:
            context = {"form": CodeForm(initial={"kode": code[:60]}), "code": written or code[:60]}
            return TemplateResponse(self.request, "enrolments/verify/unknown.html", context, status=404)
        context = shown(certificate) | {"form": form, "answered": bool(typed)}
        if typed and certificate.data:
            context["is_right"] = words.is_same_name(typed, certificate.data["name"])
        status = 400 if form.is_bound and not form.is_valid() else 200
        return TemplateResponse(self.request, "enrolments/verify/certificate.html", context, status=status)


def shown(certificate: Certificate) -> dict[str, Any]:
    """Return what anybody with the code may know of a certificate."""
    data, run = certificate.data, certificate.enrolment.run
    newer = None
    if certificate.is_revoked:
        others = Certificate.objects.filter(enrolment=certificate.enrolment_id, version__gt=certificate.version)
        newer = others.filter(revoked_at=None).first()
    state = "replaced" if newer else "revoked" if certificate.is_revoked else "valid"
    rows: list[tuple[str, str]] = [(_("Course"), data["course"] if data else run.course.title)]
    if data:
        rows += [
            (_("Held"), words.held_on(data)),
            (_("Hours attended"), words.attended(data)),
            (_("Issued to"), words.initials(data["name"])),
            (pgettext("certificate", "Issued"), words.on_date(data["issued_on"])),
            (_("Issued by"), data["provider"]["long_name"] or data["provider"]["name"]),
        ]
    else:
        rows += [
            (_("Held"), dates(day.date for day in run.ordered_days())),
            (pgettext("certificate", "Issued"), _on(timezone.localdate(certificate.issued_at))),
        ]
    if certificate.version > 1:
        rows.append((_("Version"), str(certificate.version)))
    return {
        "certificate": certificate,
        "code": certificate.code,
        "state": state,
        "is_anonymised": not data,
        "newer_on": _on(timezone.localdate(newer.issued_at)) if newer else "",
        "revoked_on": _on(timezone.localdate(certificate.revoked_at)) if certificate.revoked_at else "",
        "rows": rows,
    }


def _on(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


class SeatCertificateView(ParticipantDoor):
    """The participant fetches their own certificate: the valid one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        certificate = Certificate.objects.filter(enrolment=self.enrolment, revoked_at=None, anonymised_at=None).first()
        if certificate is None:
            context = {"here": _("Certificate"), "home": self.home}
            return TemplateResponse(request, "enrolments/verify/none.html", context, status=404)
        return pdf_response(certificate_pdf(certificate), filename(certificate))
