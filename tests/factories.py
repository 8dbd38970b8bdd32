"""Test data. Each factory makes a valid row with made-up content; traits name what matters to a test.

    CourseRunFactory(capacity=2, with_days=3)       a run that begins in a month and has three days
    CourseRunFactory(past=True)                     … that was held a month ago
    EnrolmentFactory(run=run, waiting=True)         one participant, with a registration and a payer
    RegistrationFactory(run=run, participants=3)    one contact with three confirmed participants
    UserFactory(organiser=True)                     a member of staff in that group

Pages are put in the tree under the site's front page, which is made when it is missing.
"""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.utils import timezone
from factory.django import DjangoModelFactory
from wagtail.models import Page, Site

from courses.enums import OrganisationKind, RunStatus, VatCode
from courses.models import (
    CancellationTerms,
    CancellationTier,
    CourseDay,
    CourseIndexPage,
    CoursePage,
    CourseRun,
    Organisation,
    Presenter,
    Topic,
    Venue,
)
from enrolments.enums import AttendanceStatus, BillingMethod, EnrolmentStatus
from enrolments.models import Answer, Attendance, Enrolment, Payer, Question, Registration
from modules.models import DiplomaModulePage
from website.accounts.models import User
from website.home.models import ArticlePage, HomePage

PASSWORD = "en-lang-adgangskode"

# Names of the groups as their migration makes them.
GROUPS = {"editor": "Redaktører", "organiser": "Arrangører", "administrator": "Administratorer"}


def municipality(code: str = "0751") -> Organisation:
    """Return a preloaded municipality by its code (default: Aarhus)."""
    return Organisation.objects.get(code=code)


def _in_group(name: str):
    def add(user: User, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        if create and extracted:
            user.groups.add(Group.objects.get(name=GROUPS[name]))

    return factory.post_generation(add)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        staff = factory.Trait(is_staff=True)
        superuser = factory.Trait(is_staff=True, is_superuser=True)

    email = factory.Sequence(lambda n: f"person{n}@example.dk")
    first_name = "Kim"
    last_name = factory.Sequence(lambda n: f"Jensen {n}")
    password = factory.django.Password(PASSWORD)
    editor = _in_group("editor")
    organiser = _in_group("organiser")
    administrator = _in_group("administrator")


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Foreningen {n}")
    kind = OrganisationKind.ASSOCIATION


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = Topic

    name = factory.Sequence(lambda n: f"Emne {n}")
    slug = factory.Sequence(lambda n: f"emne-{n}")


class VenueFactory(DjangoModelFactory):
    class Meta:
        model = Venue

    name = factory.Sequence(lambda n: f"Kursusgården {n}")
    address = "Kystvejen 1"
    postcode = "8000"
    city = "Aarhus"


class PresenterFactory(DjangoModelFactory):
    class Meta:
        model = Presenter

    class Params:
        with_user = factory.Trait(
            user=factory.SubFactory(UserFactory, email=factory.SelfAttribute("..email")),
        )

    name = factory.Sequence(lambda n: f"Underviser {n}")
    title = "konsulent"
    organisation = "COK"
    email = factory.Sequence(lambda n: f"underviser{n}@example.dk")


class CancellationTermsFactory(DjangoModelFactory):
    class Meta:
        model = CancellationTerms
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Afbestillingsvilkår {n}")
    text = "Framelding er gratis indtil 28 dage før første kursusdag. Derefter betales fuld pris."

    @factory.post_generation
    def tiers(self: CancellationTerms, create: bool, extracted: list[tuple[int, str]] | None, **kwargs: Any) -> None:
        """`tiers=[(28, "50"), (14, "100")]`: days before and per cent."""
        for days_before, percent in extracted or []:
            CancellationTier.objects.create(terms=self, days_before=days_before, value=Decimal(percent))


class PageFactory(DjangoModelFactory):
    """Puts the page under `parent`, published unless `live=False`."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type[Page], *args: Any, parent: Page, **kwargs: Any) -> Page:
        # Another child may have been added to another copy of the parent in memory.
        return parent.__class__.objects.get(pk=parent.pk).add_child(instance=model_class(**kwargs))


class HomePageFactory(PageFactory):
    """The site's front page: the one that stands, else a new one that becomes the site's root."""

    class Meta:
        model = HomePage

    title = "COK Kurser"
    slug = "forside"

    @classmethod
    def _create(cls, model_class: type[HomePage], *args: Any, **kwargs: Any) -> HomePage:
        existing = HomePage.objects.first()
        if existing:
            return existing
        home = Page.get_first_root_node().add_child(instance=model_class(**kwargs))
        site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True, hostname="localhost")
        site.root_page = home
        site.save()
        return home


class ArticlePageFactory(PageFactory):
    class Meta:
        model = ArticlePage

    parent = factory.SubFactory(HomePageFactory)
    title = factory.Sequence(lambda n: f"Artikel {n}")
    slug = factory.Sequence(lambda n: f"artikel-{n}")


class CourseIndexPageFactory(PageFactory):
    """The course list: the one that stands, else a new one at /kurser/."""

    class Meta:
        model = CourseIndexPage

    parent = factory.SubFactory(HomePageFactory)
    title = "Kurser"
    slug = "kurser"

    @classmethod
    def _create(cls, model_class: type[CourseIndexPage], *args: Any, **kwargs: Any) -> CourseIndexPage:
        return CourseIndexPage.objects.first() or super()._create(model_class, *args, **kwargs)


class CoursePageFactory(PageFactory):
    class Meta:
        model = CoursePage
        skip_postgeneration_save = True

    class Params:
        free = factory.Trait(price=Decimal(0))

    parent = factory.SubFactory(CourseIndexPageFactory)
    title = factory.Sequence(lambda n: f"Kursus {n}")
    slug = factory.Sequence(lambda n: f"kursus-{n}")
    introduction = "Et kursus om samskabelse mellem kommune og frivillige."
    price = Decimal("1995.00")

    @factory.post_generation
    def topics(self: CoursePage, create: bool, extracted: list[Topic] | None, **kwargs: Any) -> None:
        if create and extracted:
            self.topics.set(extracted)
            self.save()


class DiplomaModulePageFactory(CoursePageFactory):
    class Meta:
        model = DiplomaModulePage

    title = factory.Sequence(lambda n: f"Diplommodul {n}")
    slug = factory.Sequence(lambda n: f"diplommodul-{n}")
    kind = "diploma_module"
    ects = Decimal("5.0")


class CourseDayFactory(DjangoModelFactory):
    class Meta:
        model = CourseDay
        skip_postgeneration_save = True

    run = factory.SubFactory("tests.factories.CourseRunFactory", with_days=0)
    date = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=30))
    start_time = time(9)
    end_time = time(16)

    @factory.post_generation
    def presenters(self: CourseDay, create: bool, extracted: list[Presenter] | None, **kwargs: Any) -> None:
        if create and extracted:
            self.presenters.set(extracted)
            self.save()

    @factory.post_generation
    def hosts(self: CourseDay, create: bool, extracted: list[Presenter] | None, **kwargs: Any) -> None:
        if create and extracted:
            self.hosts.set(extracted)
            self.save()


class CourseRunFactory(DjangoModelFactory):
    """A run open for registration, with one day in a month.

    `with_days=3` makes that many days, a week apart; `first_day=date(…)` puts the first one;
    `day_fields={"start_time": time(10), "presenters": […]}` is given to each day.
    """

    class Meta:
        model = CourseRun

    class Params:
        past = factory.Trait(first_day=factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=30)))
        today = factory.Trait(first_day=factory.LazyFunction(timezone.localdate))
        draft = factory.Trait(status=RunStatus.DRAFT)
        closed = factory.Trait(status=RunStatus.CLOSED)
        cancelled = factory.Trait(status=RunStatus.CANCELLED)
        free = factory.Trait(price=Decimal(0))
        unlimited = factory.Trait(capacity=None)

    course = factory.SubFactory(CoursePageFactory)
    venue = factory.SubFactory(VenueFactory)
    status = RunStatus.OPEN
    capacity = 20
    with_days = 1
    first_day = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=30))
    day_fields: dict[str, Any] = {}

    @classmethod
    def _create(
        cls,
        model_class: type[CourseRun],
        *args: Any,
        with_days: int,
        first_day: date,
        day_fields: dict[str, Any],
        **kwargs: Any,
    ) -> CourseRun:
        run = super()._create(model_class, *args, **kwargs)
        for n in range(with_days):
            CourseDayFactory(run=run, date=first_day + timedelta(weeks=n), **day_fields)
        # Read anew: days and seats are what stands in the database.
        return CourseRun.objects.get(pk=run.pk)


class RegistrationFactory(DjangoModelFactory):
    """One contact at a municipality, with a payer by EAN when there is something to pay.

    `participants=3` adds that many confirmed participants.
    """

    class Meta:
        model = Registration
        skip_postgeneration_save = True

    run = factory.SubFactory(CourseRunFactory)
    contact_name = "Bente Holm"
    contact_email = factory.Sequence(lambda n: f"kontakt{n}@example.dk")
    contact_phone = "12 34 56 78"
    organisation = factory.LazyFunction(municipality)
    price = factory.LazyAttribute(lambda registration: registration.run.effective_price)
    vat_code = VatCode.EXEMPT
    terms = factory.LazyAttribute(lambda registration: registration.run.terms)
    accepted_terms_at = factory.LazyFunction(timezone.now)
    submission = factory.Sequence(lambda n: f"{n:064x}")

    @factory.post_generation
    def payer(self: Registration, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        """`payer=False` makes none; `payer__ean=…` and the like are given to it."""
        if create and self.has_price and extracted is not False:
            PayerFactory(registration=self, **kwargs)

    @factory.post_generation
    def participants(self: Registration, create: bool, extracted: int | None, **kwargs: Any) -> None:
        for n in range(extracted or 0):
            EnrolmentFactory(registration=self, form_order=n, **kwargs)


class PayerFactory(DjangoModelFactory):
    class Meta:
        model = Payer

    class Params:
        by_email = factory.Trait(
            billing_method=BillingMethod.EMAIL, ean="", invoice_email="faktura@example.dk", cvr="55133018"
        )

    registration = factory.SubFactory(RegistrationFactory, payer=False)
    billing_method = BillingMethod.EAN
    name = factory.LazyAttribute(lambda payer: payer.registration.organisation_label)
    ean = "5798009811578"
    order_reference = "4500012345"
    person_reference = "Bente Holm"


class EnrolmentFactory(DjangoModelFactory):
    """One participant: confirmed, or by trait `waiting` or `cancelled`. Give `run` or `registration`."""

    class Meta:
        model = Enrolment

    class Params:
        confirmed = factory.Trait(status=EnrolmentStatus.CONFIRMED)
        waiting = factory.Trait(status=EnrolmentStatus.WAITING)
        cancelled = factory.Trait(status=EnrolmentStatus.CANCELLED, cancelled_at=factory.LazyFunction(timezone.now))

    run = factory.SubFactory(CourseRunFactory)
    registration = factory.SubFactory(RegistrationFactory, run=factory.SelfAttribute("..run"))
    payer = factory.LazyAttribute(lambda enrolment: enrolment.registration.payers.first())
    name = factory.Sequence(lambda n: f"Deltager {n}")
    email = factory.Sequence(lambda n: f"deltager{n}@example.dk")
    job_title = "afdelingsleder"
    department = "Kultur og Fritid"
    organisation = factory.SelfAttribute("registration.organisation")
    organisation_name = factory.SelfAttribute("registration.organisation_name")
    status = EnrolmentStatus.CONFIRMED
    line_order = factory.LazyAttributeSequence(
        lambda enrolment, n: n + 1 if enrolment.status == EnrolmentStatus.WAITING else None
    )

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Enrolment:
        if "registration" in params:
            params.setdefault("run", params["registration"].run)
        return super()._generate(strategy, params)


class QuestionFactory(DjangoModelFactory):
    """A question in words to each participant of a run; give `course` instead to ask on all its runs."""

    class Meta:
        model = Question

    course = None
    run = factory.Maybe("course", yes_declaration=None, no_declaration=factory.SubFactory(CourseRunFactory))
    text = factory.Sequence(lambda n: f"Spørgsmål {n}?")


class AnswerFactory(DjangoModelFactory):
    """A participant's answer. Give `registration` and `enrolment=None` for the contact's."""

    class Meta:
        model = Answer

    enrolment = factory.SubFactory(EnrolmentFactory)
    registration = factory.LazyAttribute(lambda answer: answer.enrolment.registration)
    question = factory.SubFactory(QuestionFactory, run=factory.SelfAttribute("..registration.run"))
    value = "Et svar"


class AttendanceFactory(DjangoModelFactory):
    """A mark on the first day of the participant's run, present unless told otherwise."""

    class Meta:
        model = Attendance

    enrolment = factory.SubFactory(EnrolmentFactory)
    day = factory.LazyAttribute(lambda mark: mark.enrolment.run.ordered_days()[0])
    status = AttendanceStatus.PRESENT
    planned_starts_at = factory.SelfAttribute("day.starts_at")
    planned_ends_at = factory.SelfAttribute("day.ends_at")
