"""Addresses of signing in. What nobody here may do (sign up, change their address) has no page."""

from allauth.account import urls as account_urls
from allauth.mfa import urls as mfa_urls
from django.urls import include, path
from django.views.defaults import page_not_found

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


app_patterns = ([path("", start, name="start")], "accounts")

urlpatterns = [
    path("start/", include(app_patterns)),
    path("konto/", include(list(_open_or_closed()))),
    path("konto/to-trin/", include(mfa_urls)),
]
