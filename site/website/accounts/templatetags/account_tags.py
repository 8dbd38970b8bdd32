from django import template
from django.contrib.auth.base_user import AbstractBaseUser
from wagtail.admin.auth import user_has_any_page_permission

register = template.Library()


@register.filter
def edits_pages(user: AbstractBaseUser) -> bool:
    """Whether the user may do anything to any page."""
    return user_has_any_page_permission(user)
