"""Issue certificates to several at once, send them again, fetch them as files. What is done is what was shown."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages

from enrolments.admin.workspace.tabs import RunMixin
from enrolments.certificates.jobs import FORMS, order_file, valid_certificates
from enrolments.certificates.standings import RunStandings, Standing, standings_of
from enrolments.emails.certificates import address_of, preview_issued
from enrolments.enums import CertificateStanding
from enrolments.forms.fields import OneLineField
from enrolments.models import Certificate
from enrolments.operations.certificates import drafted, issue, may_have, send_again
from enrolments.permissions import may_change_enrolments


class IssueForm(forms.Form):
    exception = OneLineField(
        label=gettext_lazy("Why do they get one all the same?"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Only staff see it. Leave it empty, and they are left out."),
    )
    tell = forms.BooleanField(label=gettext_lazy("Send the certificates by e-mail"), required=False, initial=True)


class ChosenMixin(RunMixin):
    """A view on the participants that the table's form names: `chosen` (numbers), or all of a kind (`all`)."""

    tab = "certificates"
    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.tab_url)

    @property
    def tab_url(self) -> str:
        return reverse("participants:certificates", args=[self.run.pk])

    def chosen(self) -> list[int]:
        posted = self.request.POST.getlist("one") or self.request.POST.getlist("chosen")
        return [int(pk) for text in posted for pk in text.split(",") if pk.isascii() and pk.isdigit() and len(pk) < 19]


class ChosenView(ChosenMixin, TemplateView):
    """Hand the chosen ones on to what the button said: issue, send again, or a file."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action, pks = request.POST.get("action", ""), self.chosen()
        if action in FORMS:
            return self.file(action, pks)
        if not pks:
            messages.error(request, _("Choose at least one participant first."))
            return redirect(self.tab_url)
        views = {"issue": IssueView, "send": SendAgainView}
        if action not in views:
            return redirect(self.tab_url)
        return views[action].as_view()(request, *args, **kwargs)

    def file(self, form: str, pks: list[int]) -> HttpResponse:
        if not valid_certificates(self.run, pks).exists():
            messages.error(self.request, _("None of those you chose has a valid certificate."))
            return redirect(self.tab_url)
        job = order_file(run=self.run, form=form, user=self.request.user, enrolment_pks=pks)
        return redirect("long_job", pk=job.pk)


class IssueView(ChosenMixin, TemplateView):
    """Show who gets a certificate, who does not unless there is a reason, and the mail; then issue them."""

    may = staticmethod(may_change_enrolments)
    page_title = gettext_lazy("Issue certificates")
    template_name = "enrolments/admin/certificates/issue.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        standings = standings_of(self.run)
        named = self.named(standings)
        people = [each for each in named if not each.has_valid]
        entitled = [each for each in people if may_have(each, is_over=standings.is_over, exception="")]
        others = [each for each in people if each not in entitled]
        possible = [each for each in others if may_have(each, is_over=standings.is_over, exception="-")]
        if not entitled and not possible:
            messages.error(request, _("This can be done to none of those you chose."))
            return redirect(self.tab_url)
        form = IssueForm(request.POST if "confirmed" in request.POST else None)
        if not possible:
            del form.fields["exception"]
        if form.is_bound and form.is_valid():
            return self.issue([*entitled, *possible], form)
        return self.render_to_response(
            self.get_context_data(
                form=form,
                entitled=entitled,
                possible=possible,
                served=len(named) - len(people),
                impossible=[each for each in others if each not in possible],
                nowhere=[each for each in [*entitled, *possible] if not address_of(each.person.enrolment)],
                chosen=",".join(str(each.pk) for each in [*entitled, *possible]),
                shown=preview_issued(self.example(standings, (entitled or possible)[0])),
                tab_url=self.tab_url,
            )
        )

    def named(self, standings: RunStandings) -> list[Standing]:
        if "all" in self.request.POST:
            return standings.of(CertificateStanding.READY)
        pks = set(self.chosen())
        return [each for each in standings.standings if each.pk in pks]

    def example(self, standings: RunStandings, standing: Standing) -> Certificate:
        [certificate] = drafted(standings, [standing], at=timezone.now())
        certificate.enrolment.run = self.run
        return certificate

    def issue(self, people: list[Standing], form: IssueForm) -> HttpResponse:
        done = issue(
            run_pk=self.run.pk,
            enrolment_pks=[each.pk for each in people],
            by=self.request.user,
            exception=form.cleaned_data.get("exception", ""),
            notify=form.cleaned_data["tell"],
        )
        count = len(done.certificates)
        if count:
            text = ngettext("%(count)s certificate is issued.", "%(count)s certificates are issued.", count)
            messages.success(self.request, text % {"count": count})
        if done.left_out:
            text = ngettext(
                "%(count)s was left out: the requirement is not met, and you gave no reason.",
                "%(count)s were left out: the requirement is not met, and you gave no reason.",
                len(done.left_out),
            )
            messages.warning(self.request, text % {"count": len(done.left_out)})
        elif not count:
            messages.warning(self.request, _("Nothing to do: somebody may have changed it meanwhile."))
        return redirect(self.tab_url)


class SendAgainView(ChosenMixin, TemplateView):
    """Ask first, then send valid certificates once more."""

    may = staticmethod(may_change_enrolments)
    page_title = gettext_lazy("Send certificates again")
    template_name = "enrolments/admin/certificates/send.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pks = self.chosen()
        rows = valid_certificates(self.run, pks).select_related("enrolment__registration") if pks else []
        reachable = [each for each in rows if address_of(each.enrolment)]
        if not reachable:
            messages.error(request, _("None of those you chose has a valid certificate and an e-mail address."))
            return redirect(self.tab_url)
        if "confirmed" in request.POST:
            count = send_again(certificates=reachable)
            text = ngettext("%(count)s e-mail is on its way.", "%(count)s e-mails are on their way.", count)
            messages.success(request, text % {"count": count})
            return redirect(self.tab_url)
        chosen = ",".join(str(each.enrolment_id) for each in reachable)
        return self.render_to_response(
            self.get_context_data(certificates=reachable, chosen=chosen, tab_url=self.tab_url)
        )
