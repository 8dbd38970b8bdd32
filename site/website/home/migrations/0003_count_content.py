from django.db import migrations

from website.core.database import CountContentVersion


class Migration(migrations.Migration):
    dependencies = [("core", "0001_content_version"), ("home", "0002_initial")]

    operations = [CountContentVersion("home_homepage", "home_articlepage")]
