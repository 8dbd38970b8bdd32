"""The standard questionnaires in Danish and English, as reference data: before, end by kind of course, follow-up."""

from django.db import migrations

from evaluations.standards import ensure_standards


def load(apps, schema_editor):
    ensure_standards(apps.get_model("evaluations", "Questionnaire"))


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0002_rules")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
