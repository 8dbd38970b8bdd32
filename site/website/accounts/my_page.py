"""Min side: what the apps know about whoever is signed in, and the person's own hand on it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from website.accounts.codes import check_code, pending, send_code
from website.accounts.contributions import forget_me
from website.accounts.exceptions import AddressRefused, CodeExpired, TooManyCodes, WrongCode
from website.accounts.forms import CODE, PlainFields
from website.accounts.operations import add_address, addresses_of, forget, is_plain, remove_address
from website.core.contributions import my_data, my_page_sections
from website.core.fields import CasefoldEmailField

ADD_ADDRESS, FORGET = "address", "forget"


class AddressForm(PlainFields):
    email = CasefoldEmailField().formfield(widget=forms.EmailInput)
    labels = {"email": gettext_lazy("Another e-mail address of yours")}
    hints = {"email": gettext_lazy("Such as one from an earlier job, or a private one. We mail a code to it.")}
    attributes = {"email": {"autocomplete": "off"}}


class CodeForm(PlainFields):
    code = forms.CharField(max_length=20)
    labels = {"code": gettext_lazy("Code from the e-mail")}
    hints = {"code": gettext_lazy("Eight digits, such as 1234-5678")}
    attributes = {"code": {**CODE, "autocomplete": "one-time-code"}}


@method_decorator([login_required, never_cache], name="dispatch")
class MyView(View):
    """A page of somebody signed in. Nobody else's cache keeps it."""

    def page(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        crumbs = [] if template == "my_page" else [(_("My page"), reverse("accounts:my_page"))]
        values = {"crumbs": crumbs, **context}
        return TemplateResponse(self.request, f"my_page/{template}.html", values, status=status)


class MyPageView(MyView):
    """What every app has to show; an app with nothing to show has no section."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(AddressForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Mail a code to a further address."""
        form = AddressForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        email = form.cleaned_data["email"].strip().casefold()
        if email in addresses_of(request.user):
            form.add_error("email", _("%(email)s is yours already.") % {"email": email})
            return self._page(form)
        try:
            send_code(request, purpose=ADD_ADDRESS, email=email)
        except TooManyCodes:
            form.add_error("email", _("There have been too many attempts. Wait a moment and try again."))
            return self._page(form)
        return redirect("accounts:add_address")

    def _page(self, form: AddressForm) -> HttpResponse:
        user = self.request.user
        return self.page(
            "my_page",
            sections=[section for contribute in my_page_sections if (section := contribute(self.request))],
            addresses=addresses_of(user),
            may_add=is_plain(user),
            form=form,
        )


class AddAddressView(MyView):
    """The code that proves a further address."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.email = pending(request, purpose=ADD_ADDRESS)
        if request.user.is_authenticated and not self.email:
            return redirect("accounts:my_page")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        try:
            email = check_code(request, purpose=ADD_ADDRESS, code=form.cleaned_data["code"])
            add_address(user=request.user, email=email)
        except WrongCode:
            form.add_error("code", _("That code is not right. Check it, or ask for a new one."))
            return self._page(form)
        except CodeExpired:
            messages.error(request, _("The code no longer works. Ask for a new one."))
        except AddressRefused:
            messages.error(
                request,
                _("%(email)s opens a sign-in of its own for staff or presenters, so it cannot be added here.")
                % {"email": self.email},
            )
        else:
            messages.success(
                request, _("%(email)s is added. What we know of it stands on this page.") % {"email": email}
            )
        return redirect("accounts:my_page")

    def _page(self, form: CodeForm) -> HttpResponse:
        return self.page("add_address", form=form, email=self.email)


@require_POST
@login_required
def remove_address_view(request: HttpRequest) -> HttpResponse:
    """Let go of a further address."""
    email = request.POST.get("email", "")
    if remove_address(user=request.user, email=email):
        messages.success(request, _("%(email)s is no longer yours here.") % {"email": email})
    return redirect("accounts:my_page")


class MyDataView(MyView):
    """Everything the apps know about the person, as a file or as a page to read."""

    def get(self, request: HttpRequest) -> HttpResponse:
        data = {
            "made_at": timezone.now().isoformat(),
            **{name: contribute(request.user) for name, contribute in my_data.items()},
        }
        if request.resolver_match.url_name == "my_data":
            return self.page("my_data", data=data)
        response = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 2})
        response["Content-Disposition"] = 'attachment; filename="mine-data.json"'
        return response


class ForgetMeView(MyView):
    """Say exactly what will go and what stays and why; on POST, mail the code that confirms it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            send_code(request, purpose=FORGET, email=request.user.email)
        except TooManyCodes:
            messages.error(request, _("There have been too many attempts. Wait a moment and try again."))
            return self._page()
        return redirect("accounts:forget_me_code")

    def _page(self) -> HttpResponse:
        user = self.request.user
        emails = addresses_of(user)
        found = [item for app in forget_me for item in app.plan(user, emails)]
        return self.page(
            "forget_me",
            goes=[item for item in found if not item.is_kept],
            kept=[item for item in found if item.is_kept],
        )


class ForgetMeCodeView(MyView):
    """The code that confirms it; then everything goes at once."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.email = pending(request, purpose=FORGET)
        if request.user.is_authenticated and not self.email:
            return redirect("accounts:forget_me")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        try:
            check_code(request, purpose=FORGET, code=form.cleaned_data["code"])
        except WrongCode:
            form.add_error("code", _("That code is not right. Check it, or ask for a new one."))
            return self._page(form)
        except CodeExpired:
            messages.error(request, _("The code no longer works. Ask for a new one."))
            return redirect("accounts:forget_me")
        forget(request.user)
        logout(request)
        return redirect("accounts:forgotten")

    def _page(self, form: CodeForm) -> HttpResponse:
        return self.page("forget_me_code", form=form, email=self.email)


def forgotten(request: HttpRequest) -> HttpResponse:
    """Say that it is done, to somebody we no longer know."""
    return TemplateResponse(request, "my_page/forgotten.html")
