from django.db import migrations, models

import website.storage


class Migration(migrations.Migration):
    """Files that people answer with live in the private storage. No column changes."""

    dependencies = [("enrolments", "0007_line_place")]

    operations = [
        migrations.AlterField(
            model_name="answer",
            name="file",
            field=models.FileField(
                blank=True, storage=website.storage.private, upload_to="answers/%Y/%m/", verbose_name="file"
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="value",
            field=models.TextField(
                blank=True,
                help_text="As written; a date as YYYY-MM-DD; yes or no as “yes” or “no”; of a file its name",
                verbose_name="answer",
            ),
        ),
    ]
