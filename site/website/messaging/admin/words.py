"""Mailtekster: the list of all kinds of mail, and a page to write the words of one."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import ModelLogEntry

from website.messaging.changing import ChangedMeanwhile, our_words, reset_words, version_of, write_words
from website.messaging.models import MailText
from website.messaging.registry import MailKind, mail_kinds
from website.messaging.showing import preview
from website.messaging.texts import TextMail, check_words

#: The headings of the list, by the app that a kind's name begins with.
GROUPS = {
    "enrolments": gettext_lazy("Registrations and runs"),
    "evaluations": gettext_lazy("Evaluations and surveys"),
    "accounts": gettext_lazy("Signing in and Min side"),
}
UNDO = "messaging.undo_reset"


class WordsMixin(WagtailAdminTemplateMixin):
    """A page on the words of mails: for those who may change them."""

    header_icon = "mail"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("messaging.change_mailtext"):
            raise PermissionDenied(_("Only organisers and administrators change the words of mails."))
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [*super().get_breadcrumbs_items(), {"url": reverse("mail_texts:index"), "label": _("Mail texts")}]
        return items if self.is_index else [*items, {"url": "", "label": str(self.page_title)}]

    is_index = False


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of mail in the list."""

    name: str
    title: str
    about: str
    own: MailText | None


class WordsIndexView(WordsMixin, TemplateView):
    """Every kind of mail whose words can be changed, and who last did."""

    template_name = "messaging/admin/texts.html"
    page_title = gettext_lazy("Mail texts")
    is_index = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {text.kind: text for text in MailText.objects.select_related("updated_by")}
        groups: dict[str, list[Row]] = {name: [] for name in GROUPS}
        for kind in mail_kinds:
            if kind.text:
                row = Row(kind.name, str(kind.text.title), str(kind.text.about), own.pop(kind.name, None))
                groups.setdefault(kind.name.partition(".")[0], []).append(row)
        return super().get_context_data(
            groups=[(GROUPS.get(name, name), rows) for name, rows in groups.items() if rows],
            gone=list(own.values()),
            **kwargs,
        )


class WordsForm(forms.Form):
    """The words of one kind of mail. What they may not hold is told at the field."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, widget=forms.TextInput)
    body = forms.CharField(
        label=gettext_lazy("Text"),
        strip=True,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "true"}),
        help_text=gettext_lazy(
            "A blank line begins a new paragraph. “## ” at the start of a line makes a heading, “- ” a list."
        ),
    )

    def __init__(self, kind: TextMail, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "subject" in cleaned and "body" in cleaned:
            try:
                check_words(self.kind, subject=cleaned["subject"], body=cleaned["body"])
            except ValidationError as error:
                for name, texts in error.message_dict.items():
                    self.add_error(name, texts)
        return cleaned


class KindMixin(WordsMixin):
    """A page on one kind of mail, by its name."""

    mail: MailKind
    kind: TextMail

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        try:
            self.mail = mail_kinds.get(kwargs["kind"])
        except KeyError:
            raise Http404 from None
        if self.mail.text is None:
            raise Http404
        self.kind = self.mail.text

    def url(self, name: str) -> str:
        return reverse(f"mail_texts:{name}", args=[self.kind.name])

    def shown(self, subject: str, body: str) -> Any:
        return preview(self.kind, subject=subject, body=body, secret=self.mail.secret)


class WordsView(KindMixin, TemplateView):
    """Write the words of one kind of mail, beside what may stand in them and how they will look."""

    template_name = "messaging/admin/text.html"

    def get_page_title(self) -> str:
        return str(self.kind.title)

    page_title = property(get_page_title)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        subject, body = self._words()
        return self._page(WordsForm(self.kind, initial={"subject": subject, "body": body}), subject, body)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = WordsForm(self.kind, request.POST)
        is_valid = form.is_valid()
        if is_valid and request.POST.get("action") != "preview":
            try:
                write_words(kind=self.kind, user=request.user, seen=request.POST.get("seen"), **form.cleaned_data)
            except ChangedMeanwhile:
                form.add_error(
                    None,
                    _(
                        "Somebody else has changed this text since you opened it. Keep what you wrote in a"
                        " document of your own, open the page anew and look at their words first."
                    ),
                )
            else:
                request.session.pop(UNDO, None)
                messages.success(request, _("“%(title)s” is saved.") % {"title": self.kind.title})
                return redirect(self.url("text"))
        return self._page(form, form.data.get("subject", ""), form.data.get("body", ""))

    def _words(self) -> tuple[str, str]:
        own = self._own
        return (own.subject, own.body) if own else our_words(self.kind)

    @property
    def _own(self) -> MailText | None:
        if not hasattr(self, "_read"):
            self._read = MailText.objects.select_related("updated_by").filter(kind=self.kind.name).first()
        return self._read

    def _page(self, form: WordsForm, subject: str, body: str) -> HttpResponse:
        undo = self.request.session.get(UNDO) or {}
        return self.render_to_response(
            self.get_context_data(
                form=form,
                kind=self.kind,
                own=self._own,
                seen=self.request.POST.get("seen", version_of(self._own)),
                shown=self.shown(subject, body),
                can_undo=undo.get("kind") == self.kind.name and self._own is None,
                history=_history(self.kind.name),
            )
        )


def _history(kind: str) -> list[ModelLogEntry]:
    entries = ModelLogEntry.objects.filter(content_type=ContentType.objects.get_for_model(MailText), label=kind)
    return list(entries.select_related("user").order_by("-timestamp")[:20])


class PreviewView(KindMixin, View):
    """The words as they are being written: how they will look, and what is wrong with them, as JSON."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        form = WordsForm(self.kind, request.POST)
        form.is_valid()
        shown = self.shown(form.data.get("subject", "")[:200], form.data.get("body", "")[:20_000])
        return JsonResponse(
            {"subject": shown.subject, "text": shown.text, "html": shown.html, "errors": form.errors.get_json_data()}
        )


class ResetView(KindMixin, TemplateView):
    """Ask, then take staff's words back; they are kept in the session, so that it can be undone."""

    template_name = "messaging/admin/reset.html"
    page_title = gettext_lazy("Restore our text")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject, body = our_words(self.kind)
        return super().get_context_data(**{**kwargs, "kind": self.kind, "shown": self.shown(subject, body)})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        words = reset_words(kind=self.kind.name, user=request.user)
        if words:
            request.session[UNDO] = {"kind": self.kind.name, "subject": words[0], "body": words[1]}
            messages.success(request, _("Our text is back in “%(title)s”.") % {"title": self.kind.title})
        return redirect(self.url("text"))


class UndoView(KindMixin, View):
    """Bring back the words that were just taken back."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        words = request.session.get(UNDO) or {}
        if words.get("kind") == self.kind.name:
            try:
                write_words(kind=self.kind, subject=words["subject"], body=words["body"], user=request.user, seen="")
            except (ChangedMeanwhile, ValidationError):
                messages.error(request, _("Your words cannot be brought back: the text has been changed meanwhile."))
            else:
                messages.success(request, _("Your own words are back."))
            request.session.pop(UNDO, None)
        return redirect(self.url("text"))


class ForgetView(WordsMixin, View):
    """Delete words of a mail that the system no longer has."""

    http_method_names = ["post"]
    page_title = pgettext_lazy("mail text", "Delete")

    def post(self, request: HttpRequest, *args: Any, kind: str, **kwargs: Any) -> HttpResponse:
        known = {each.name for each in mail_kinds if each.text}
        if kind not in known and reset_words(kind=kind, user=request.user):
            messages.success(request, _("The words that were no longer used are deleted."))
        return redirect("mail_texts:index")
