"""What the editor's form of a diploma module refuses, at the field."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests.factories import DiplomaModulePageFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_hand_in_after_the_exam_is_an_error_at_the_field():
    module = DiplomaModulePageFactory(exam_date=date(2030, 6, 3))
    module.hand_in_at = datetime(2030, 6, 4, 10, tzinfo=UTC)
    with pytest.raises(ValidationError) as refused:
        module.full_clean()
    assert set(refused.value.message_dict) == {"hand_in_at"}
    module.hand_in_at = datetime(2030, 6, 3, 10, tzinfo=UTC)
    module.full_clean()


def test_the_editor_has_tabs_by_task(client):
    client.force_login(UserFactory(superuser=True))
    page = client.get(reverse("wagtailadmin_pages:edit", args=[DiplomaModulePageFactory().pk])).content.decode()
    for tab in ("Indhold", "Fakta og pris", "Modulet", "Hold", "Søgning og deling"):
        assert tab in page
