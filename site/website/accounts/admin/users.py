"""User management for users whose name is their e-mail address."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.users import forms
from wagtail.users.views.users import IndexView
from wagtail.users.views.users import UserViewSet as WagtailUserViewSet

from website.accounts.models import User
from website.accounts.operations import settle_user
from website.accounts.permissions import is_staff


class SettledUserForm(forms.UserForm):
    """Saves a user together with what hangs on it. Superusers are made at the command line only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["is_superuser"]
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].help_text = _("The user signs in with it.")
        self.fields["groups"].label = _("Roles")
        if "password1" in self.fields and not self.instance.pk:
            self.fields["password1"].help_text = _(
                "Leave it empty: the user then chooses a password by “Forgotten your password?”."
            )

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().casefold()

    def save(self, commit: bool = True) -> User:
        user = super().save(commit=False)
        if not user.pk and not self.cleaned_data.get("password1"):
            user.set_unusable_password()
        if commit:
            with transaction.atomic():
                user.save()
                self.save_m2m()
                settle_user(user)
                # Asked anew: the row may hold the permissions it had before.
                User.objects.filter(pk=user.pk).update(is_staff=is_staff(User.objects.get(pk=user.pk)))
        return user


class UserCreationForm(SettledUserForm, forms.UserCreationForm):
    pass


class UserEditForm(SettledUserForm, forms.UserEditForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Wagtail removes the field itself when people edit themselves.
        editing_self = kwargs.get("editing_self", False)
        if editing_self:
            kwargs["editing_self"] = False
        super().__init__(*args, **kwargs)
        if editing_self:
            del self.fields["is_active"]


class UserIndexView(IndexView):
    """The list, with roles instead of Wagtail's yes or no to "administrator"."""

    @cached_property
    def columns(self) -> list[Column]:
        ours = {
            "email": Column("email", label=_("E-mail address"), sort_key="email", width="20%"),
            "is_superuser": Column("roles", label=_("Roles"), accessor=_role_names, width="20%"),
        }
        return [ours.get(column.name, column) for column in super().columns]

    def get_base_queryset(self) -> QuerySet[User]:
        return super().get_base_queryset().prefetch_related("groups")


def _role_names(user: User) -> str:
    names = [group.name for group in user.groups.all()]
    return ", ".join([str(_("Superuser")), *names] if user.is_superuser else names)


class UserViewSet(WagtailUserViewSet):
    index_view_class = UserIndexView
    search_fields = ["email", "first_name", "last_name"]

    def get_form_class(self, for_update: bool = False) -> type[forms.UserForm]:
        return UserEditForm if for_update else UserCreationForm
