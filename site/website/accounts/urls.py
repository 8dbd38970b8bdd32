"""Addresses of signing in. What nobody here may do (sign up, change their address) has no page."""

from allauth.account import urls as account_urls
from allauth.mfa import urls as mfa_urls
from django.urls import include, path
from django.views.defaults import page_not_found

from website.accounts.my_page import (
    AddAddressView,
    ForgetMeCodeView,
    ForgetMeView,
    MyDataView,
    MyPageView,
    forgotten,
    remove_address_view,
)
from website.accounts.views import start

#: allauth needs the names of these, but a user's name is their address, which administrators give.
CLOSED = {"account_signup", "account_email", "account_email_verification_sent", "account_confirm_email"}


def _closed(request, **kwargs):
    return page_not_found(request, exception=None)


def _open_or_closed():
    for pattern in account_urls.urlpatterns:
        if pattern.name in CLOSED:
            pattern.callback = _closed
        yield pattern


app_patterns = (
    [
        path("start/", start, name="start"),
        path("min-side/", MyPageView.as_view(), name="my_page"),
        path("min-side/adresse/", AddAddressView.as_view(), name="add_address"),
        path("min-side/adresse/fjern/", remove_address_view, name="remove_address"),
        path("min-side/mine-data/", MyDataView.as_view(), name="my_data"),
        path("min-side/mine-data.json", MyDataView.as_view(), name="my_data_file"),
        path("min-side/glem-mig/", ForgetMeView.as_view(), name="forget_me"),
        path("min-side/glem-mig/kode/", ForgetMeCodeView.as_view(), name="forget_me_code"),
        path("min-side/glemt/", forgotten, name="forgotten"),
    ],
    "accounts",
)

urlpatterns = [
    path("", include(app_patterns)),
    path("konto/", include(list(_open_or_closed()))),
    path("konto/to-trin/", include(mfa_urls)),
]
