from django.db import migrations

from website.core.database import CountContentVersion


class Migration(migrations.Migration):
    dependencies = [("core", "0001_content_version"), ("images", "0001_initial")]

    operations = [
        CountContentVersion("images_customimage", "images_customdocument"),
        # A new rendition is made while a page is rendered, and changes none.
        CountContentVersion("images_rendition", events="UPDATE OR DELETE"),
    ]
