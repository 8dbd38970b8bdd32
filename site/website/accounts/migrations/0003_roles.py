"""Our three groups instead of Wagtail's two. `ensure_roles` fills them after every migrate."""

from django.db import migrations

OURS = ("Redaktører", "Arrangører", "Administratorer")
WAGTAILS = ("Moderators", "Editors")


def make_ours(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in OURS:
        Group.objects.get_or_create(name=name)
    # Where they are in use somebody decided so.
    Group.objects.filter(name__in=WAGTAILS, user__isnull=True).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_throttle"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("wagtailcore", "0002_initial_data"),
        ("wagtailimages", "0002_initial_data"),
        ("wagtaildocs", "0002_initial_data"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
    ]

    operations = [migrations.RunPython(make_ours, migrations.RunPython.noop)]
