"""Count the content's version for what pages show of courses.

Runs and their days are counted one by one in `courses_runseats` (0003), so that a registration or
an edited run does not wait for other editors. Only a run that goes is counted here: the sum of the
runs' versions would fall, and could come to a number it has been at before.
"""

from django.db import migrations

from website.core.database import CountContentVersion


class Migration(migrations.Migration):
    dependencies = [("core", "0001_content_version"), ("courses", "0004_municipalities")]

    operations = [
        CountContentVersion(
            "courses_courseindexpage",
            "courses_coursepage",
            "courses_coursepage_topics",
            "courses_coursecoprovider",
            "courses_topic",
            "courses_organisation",
            "courses_venue",
            "courses_presenter",
            "courses_cancellationterms",
            "courses_cancellationtier",
            "courses_courseday_hosts",
            "courses_courseday_presenters",
        ),
        CountContentVersion("courses_courserun", events="DELETE"),
    ]
