"""Addresses of surveys, lists of invitations that can be undone, and pages that count what they show."""

import django.utils.timezone
from django.db import migrations, models

from website.core.database import CountContentVersion


class Migration(migrations.Migration):
    dependencies = [("core", "0001_content_version"), ("evaluations", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="survey",
            name="slug",
            field=models.SlugField(
                default="",
                help_text="The link to an open survey ends in it",
                max_length=60,
                unique=True,
                verbose_name="short name in the address",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="surveyinvitation",
            name="batch",
            field=models.UUIDField(
                editable=False, help_text="The list it came with: what undoing takes away", null=True
            ),
        ),
        migrations.AddField(
            model_name="surveyinvitation",
            name="added_at",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now, verbose_name="added at"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="surveyinvitation",
            name="wants_no_mail",
            field=models.BooleanField(
                default=False,
                help_text="They said so. Whether they answered has no say in it",
                verbose_name="no more mails",
            ),
        ),
        migrations.AddField(
            model_name="surveyresultspage",
            name="asked",
            field=models.TextField(
                blank=True,
                help_text="Such as “The person in each municipality who works with volunteers”",
                max_length=600,
                verbose_name="who was asked",
            ),
        ),
        CountContentVersion("evaluations_surveyresultspage", "evaluations_survey"),
        CountContentVersion("evaluations_questionresult", events="INSERT OR DELETE"),
        # Not at every mark of the worker's: when it closes, and when staff say what they changed or show it.
        CountContentVersion("evaluations_evaluation", events="UPDATE OF closed_at, is_public, changes_made OR DELETE"),
    ]
