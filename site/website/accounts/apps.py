from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from wagtail.users.apps import WagtailUsersAppConfig


class AccountsConfig(AppConfig):
    name = "website.accounts"
    label = "accounts"
    default = True

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        from website.accounts import emails, my_data, retention  # noqa: F401 - register what they are about
        from website.accounts.second_factor import remember_enrolment
        from website.accounts.sign_in import use_our_process
        from website.accounts.throttle import share_between_processes

        share_between_processes()
        use_our_process()
        authenticator_added.connect(remember_enrolment, dispatch_uid="accounts.second_factor")
        # Once, after the last app: by then every permission a role names exists.
        last_app = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
        post_migrate.connect(_fill_roles, sender=last_app, dispatch_uid="accounts.roles")


class UsersConfig(WagtailUsersAppConfig):
    """Wagtail's user management with forms for users whose name is their address."""

    user_viewset = "website.accounts.admin.UserViewSet"


def _fill_roles(plan: list[tuple[Any, bool]] | None = None, **kwargs: Any) -> None:
    from django.db import connection

    from website.accounts.operations import ensure_roles

    # `migrate <app>` may stop before the tables that roles need.
    needed = {"auth_group", "accounts_user", "wagtailcore_grouppagepermission", "wagtailcore_groupcollectionpermission"}
    if needed <= set(connection.introspection.table_names()):
        ensure_roles()
