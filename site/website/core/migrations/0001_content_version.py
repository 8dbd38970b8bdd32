"""Count the versions of what public pages show (see `website.core.pagecache`)."""

from django.db import migrations, models

from website.core.database import CountContentVersion

COUNT = """
CREATE FUNCTION core_count_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE core_contentversion SET version = version + 1;
    RETURN NULL;
END $$;

INSERT INTO core_contentversion (id) VALUES (1);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("wagtailcore", "0096_referenceindex_referenceindex_source_object_and_more"),
        ("wagtailredirects", "0008_add_verbose_name_plural"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.BigIntegerField(db_default=1, default=1)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="content_version_one_row")
                ],
            },
        ),
        migrations.RunSQL(COUNT, "DROP FUNCTION core_count_content()"),
        CountContentVersion(
            "wagtailcore_page",
            "wagtailcore_site",
            "wagtailcore_locale",
            "wagtailcore_pageviewrestriction",
            "wagtailcore_pageviewrestriction_groups",
            "wagtailredirects_redirect",
        ),
    ]
