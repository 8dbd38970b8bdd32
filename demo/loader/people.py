"""People who do not exist, and where they work."""

from dataclasses import dataclass, field
from random import Random

from stdnum import ean

from courses.models import Organisation
from demo.loader.files import read

#: A prefix that GS1 Denmark has given nobody: no such EAN number receives invoices.
EAN_PREFIX = "5799999"
_ASCII = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", " ": "-"})
#: How often somebody comes again who has been on another run.
COMES_AGAIN = 0.15


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    job_title: str
    department: str


@dataclass
class Employer:
    """A municipality, or an association known by name only."""

    organisation: Organisation | None
    name: str
    people: list[Person] = field(default_factory=list)

    def ean(self, number: int) -> str:
        """Return one of the employer's EAN numbers (a municipality has many)."""
        if self.organisation is None:
            raise ValueError("an association pays by e-mail")
        digits = f"{EAN_PREFIX}{self.organisation.code}{number % 10}"
        return digits + ean.calc_check_digit(digits)


class Society:
    """Everybody in the demo. The same chance gives the same people."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.words = read("people")
        self._addresses: set[str] = set()
        found = Organisation.objects.filter(code__in=self.words["municipalities"]).order_by("code")
        self.municipalities = [Employer(organisation=each, name=str(each)) for each in found]
        self.associations = [Employer(organisation=None, name=name) for name in self.words["associations"]]

    def employer(self) -> Employer:
        pool = self.associations if self.random.random() < 0.12 else self.municipalities
        return self.random.choice(pool)

    def participant(self, employer: Employer, *, taken: set[str]) -> Person:
        """Return somebody of that employer whose address is not in `taken` (which gets it)."""
        known = [person for person in employer.people if person.email not in taken]
        person = self.random.choice(known) if known and self.random.random() < COMES_AGAIN else self._new(employer)
        taken.add(person.email)
        return person

    def _new(self, employer: Employer) -> Person:
        first, last = self.random.choice(self.words["first_names"]), self.random.choice(self.words["last_names"])
        base = address = f"{first}.{last}".lower().translate(_ASCII)
        number = 1
        while address in self._addresses:
            number += 1
            address = f"{base}{number}"
        self._addresses.add(address)
        work = self.random.choice(self.words["work"]) if employer.organisation else self.words["associations_work"]
        person = Person(
            name=f"{first} {last}",
            email=f"{address}@example.dk",
            job_title=self.random.choice(work["titles"]),
            department=self.random.choice(work["departments"]),
        )
        employer.people.append(person)
        return person
