"""Surveys over municipalities: the same engine as evaluations of courses, with lists of their own."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.search import index

from courses.models import Organisation
from evaluations.enums import Audience, Moment
from website.core.constraints import choices_check
from website.core.fields import CasefoldEmailField


class Survey(index.Indexed, models.Model):
    """What is asked of many municipalities. When it is answered and how it stands is in its `evaluation`."""

    title_da = models.CharField(_("title in Danish"), max_length=150)
    title_en = models.CharField(_("title in English"), max_length=150, blank=True)
    introduction_da = models.TextField(_("introduction in Danish"), max_length=2000, blank=True)
    introduction_en = models.TextField(_("introduction in English"), max_length=2000, blank=True)
    questionnaire = models.ForeignKey(
        "evaluations.Questionnaire",
        verbose_name=_("questionnaire"),
        on_delete=models.PROTECT,
        related_name="surveys",
        limit_choices_to={"moment": Moment.SURVEY},
    )
    audience = models.CharField(_("who may answer"), max_length=10, choices=Audience, default=Audience.INVITED)
    slug = models.SlugField(
        _("short name in the address"),
        max_length=60,
        unique=True,
        help_text=_("The link to an open survey ends in it"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    search_fields = [index.SearchField("title_da"), index.AutocompleteField("title_da"), index.FilterField("audience")]

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["-created_at", "-pk"]
        constraints = [choices_check("audience", Audience, name="survey_audience_known")]

    def __str__(self) -> str:
        return self.title_da


class SurveyInvitation(models.Model):
    """Somebody on a survey's list. Whether they answered stands on the electoral roll, not here."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="invitations")
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = CasefoldEmailField(_("email address"))
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("municipality"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    batch = models.UUIDField(null=True, editable=False, help_text="The list it came with: what undoing takes away")
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)
    wants_no_mail = models.BooleanField(
        _("no more mails"), default=False, help_text="They said so. Whether they answered has no say in it"
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["email"]
        constraints = [models.UniqueConstraint(fields=["survey", "email"], name="survey_invitation_once")]

    def __str__(self) -> str:
        return f"{self.pk}"
