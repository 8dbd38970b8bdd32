"""The conventions are kept, and each check notices when one is broken."""

from django.core.management import call_command
from django.db import models
from django.test.utils import isolate_apps
from wagtail.models import RevisionMixin

from website import checks
from website.core.constraints import choices_check


class Colour(models.TextChoices):
    RED = "red"


def test_the_project_keeps_its_conventions():
    call_command("check", "--tag", "conventions", "--fail-level", "WARNING")


def test_a_package_in_the_place_of_site_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "SITE_FOLDER", tmp_path)
    assert checks.site_is_a_folder(None) == []

    (tmp_path / "__init__.py").touch()

    assert [error.id for error in checks.site_is_a_folder(None)] == ["website.E001"]


@isolate_apps("courses")
def test_choices_without_a_constraint_are_noticed(monkeypatch):
    class Loose(models.Model):
        colour = models.CharField(max_length=5, choices=Colour)

        class Meta:
            app_label = "courses"

    class Kept(models.Model):
        colour = models.CharField(max_length=5, choices=Colour)

        class Meta:
            app_label = "courses"
            constraints = [choices_check("colour", Colour, name="colour_known")]

    monkeypatch.setattr(checks, "our_models", lambda configs: [Loose, Kept])

    assert [error.obj for error in checks.choices_are_constraints(None)] == [Loose]


@isolate_apps("courses")
def test_an_operational_model_with_revisions_is_noticed(monkeypatch):
    class Row(RevisionMixin, models.Model):
        class Meta:
            app_label = "courses"

    monkeypatch.setattr(checks, "our_models", lambda configs: [Row])

    assert [error.id for error in checks.operational_rows_have_no_revisions(None)] == ["website.E003"]


def test_our_models_are_those_of_this_repository():
    labels = {model._meta.app_label for model in checks.our_models()}

    assert {"courses", "enrolments", "modules", "accounts", "messaging", "images", "home"} <= labels
    assert not {"wagtailcore", "auth"} & labels
