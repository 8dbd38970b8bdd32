from collections.abc import Iterator

import pytest
from django.db import transaction

from demo.loader import load


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[int]:
    """The demo's content, loaded once for all tests of a module; the number of pieces that were new."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            yield load()
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
