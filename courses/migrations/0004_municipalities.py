"""Denmark's 98 municipalities (Danmarks Statistik's codes, CC0), as reference data."""

import csv
from pathlib import Path

from django.db import migrations

SOURCE = Path(__file__).resolve().parents[2] / "fixtures" / "municipalities.csv"
#: The official name is "<name> Kommune", but for these.
OFFICIAL_NAMES = {
    "København": "Københavns Kommune",
    "Vesthimmerland": "Vesthimmerlands Kommune",
    "Bornholm": "Bornholms Regionskommune",
}


def load(apps, schema_editor):
    Organisation = apps.get_model("courses", "Organisation")
    with SOURCE.open(encoding="utf-8", newline="") as file:
        Organisation.objects.bulk_create(
            Organisation(
                kind="municipality",
                code=row["code"],
                name=row["name"],
                official_name=OFFICIAL_NAMES.get(row["name"], f"{row['name']} Kommune"),
            )
            for row in csv.DictReader(file)
        )


class Migration(migrations.Migration):
    dependencies = [("courses", "0003_seats")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
