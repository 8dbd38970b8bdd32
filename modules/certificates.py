"""What diploma modules add to their certificates: how large the module is, and what it teaches."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from enrolments.certificates.data import CourseLines, certificate_lines
from modules.models import DiplomaModulePage


@certificate_lines.register("modules")
def module_lines(course_pk: int) -> CourseLines | None:
    """Return the module's lines. It says that the points take an exam: having attended gives none."""
    module = DiplomaModulePage.objects.filter(pk=course_pk).first()
    if module is None:
        return None
    facts = []
    if module.programme_name:
        facts.append((_("Diploma programme"), module.programme_name))
    if module.ects:
        points = number_format(module.ects.normalize())
        facts.append(
            (_("Size of the module"), _("%(points)s ECTS, given when the exam is passed") % {"points": points})
        )
    texts = ((_("Knowledge"), module.knowledge), (_("Skills"), module.skills), (_("Competences"), module.competences))
    return CourseLines(facts, [(heading, text) for heading, text in texts if text])
