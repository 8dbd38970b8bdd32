"""Pictures, drawn for the demo."""

from django.core.files import File

from demo.loader.files import SOURCE, read
from demo.loader.ledger import Ledger
from website.images.models import CustomImage


def load(ledger: Ledger) -> None:
    """Add each picture of `catalogue.toml` to the images, with its Danish title and description."""
    for key, entry in read("catalogue")["images"].items():
        if not ledger.is_new(f"image:{key}"):
            continue
        path = SOURCE / "images" / entry["file"]
        with path.open("rb") as file:
            image = CustomImage(title=entry["title"], description=entry["description"], credit="COK Kurser")
            image.file = File(file, name=f"demo-{path.name}")
            image.save()


def find(key: str | None) -> CustomImage | None:
    """Return the picture loaded under that key, if it is still there."""
    if not key:
        return None
    return CustomImage.objects.filter(title=read("catalogue")["images"][key]["title"]).first()
