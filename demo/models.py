"""What the demo has loaded, so that it loads nothing twice."""

from django.db import models


class LoadedItem(models.Model):
    """A piece of content that was loaded once.

    It is never loaded again, also when somebody has renamed, moved or deleted it since: what
    people do in the demo stays done.
    """

    key = models.CharField(max_length=120, unique=True)
    loaded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
