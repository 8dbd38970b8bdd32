"""The staff's side of users, in Wagtail's admin."""

from website.accounts.admin.users import UserViewSet

__all__ = ["UserViewSet"]
