from django.db import migrations

from website.core.database import CountContentVersion


class Migration(migrations.Migration):
    dependencies = [("core", "0001_content_version"), ("modules", "0001_initial")]

    operations = [CountContentVersion("modules_diplomamodulepage")]
