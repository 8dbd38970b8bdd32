"""Questionnaires in the staff's admin: built, locked, versioned, compared, deleted."""

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluations.admin import questionnaires as admin
from evaluations.enums import EvaluationStatus, Moment
from evaluations.models import Questionnaire
from evaluations.operations import questionnaires as operations
from evaluations.questions import parse
from tests.evaluations.factories import CONFIDENCE, LEARNED, TEACHING, open_evaluation, question, questionnaire
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADMIN = "wagtailsnippets_evaluations_questionnaire"


@pytest.fixture(autouse=True)
def without_standard_sets():
    """What the migrations load is another test's matter."""
    Questionnaire.objects.all().delete()


@pytest.fixture
def organiser(client):
    client.force_login(UserFactory(organiser=True, is_staff=True))
    return client


def url(name, *args):
    return reverse(f"{ADMIN}:{name}", args=args)


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def form_data(*questions, **fields):
    """Return what the editor sends: each question's fields under its place."""
    data = {
        "title": "Slut",
        "moment": "end",
        "course_kind": "",
        "introduction_da": "",
        "introduction_en": "",
        "questions-count": str(len(questions)),
        **fields,
    }
    for place, (kind, values) in enumerate(questions):
        start = f"questions-{place}"
        data |= {f"{start}-deleted": "", f"{start}-order": str(place), f"{start}-type": kind, f"{start}-id": ""}
        plain = {"en": "", "help_da": "", "help_en": "", "about": "course", "required": ""}
        condition = {"show_if-question": "", "show_if-answers": ""}
        data |= {f"{start}-value-{name}": value for name, value in {**plain, **condition, **values}.items()}
    return data


def choices(*labels):
    data = {"options-count": str(len(labels))}
    for place, label in enumerate(labels):
        start = f"options-{place}"
        data |= {
            f"{start}-deleted": "", f"{start}-order": str(place), f"{start}-type": "item", f"{start}-id": "",
            f"{start}-value-da": label, f"{start}-value-en": "",
        }  # fmt: skip
    return data


TEXT = ("text", {"name": "learned", "da": "Hvad lærte du?"})
CHOICE = ("single", {"name": "used", "da": "Har du brugt det?", **choices("Ja", "Nej")})


def test_an_organiser_builds_a_questionnaire(organiser):
    why = ("text", {"name": "why", "da": "Hvorfor ikke?", "show_if-question": "used", "show_if-answers": "2"})

    response = organiser.post(url("add"), form_data(CHOICE, why, course_kind="theme_day", is_standard="on"))

    assert response.status_code == 302
    made = Questionnaire.objects.get()
    asked = parse(made.questions)
    assert [each.name for each in asked] == ["used", "why"]
    assert asked[1].condition.values == {1}
    assert (made.course_kind, made.is_standard, made.version) == ("theme_day", True, 1)


def test_an_error_stands_at_its_question_and_nothing_is_saved(organiser):
    response = organiser.post(url("add"), form_data(TEXT, TEXT))

    assert response.status_code == 200
    assert not Questionnaire.objects.exists()
    [error] = response.context["form"].errors["questions"].as_data()
    at_question = error.as_json_data()["blockErrors"][1]["blockErrors"]["name"]
    assert "Et andet spørgsmål hedder også" in at_question["messages"][0]


def test_an_empty_questionnaire_is_refused(organiser):
    assert organiser.post(url("add"), form_data()).status_code == 200
    assert not Questionnaire.objects.exists()


def test_missing_english_is_a_warning(organiser):
    response = organiser.post(url("add"), form_data(TEXT))

    assert Questionnaire.objects.exists()
    assert any("engelsk" in each for each in said(response))


def test_who_gets_the_mark_of_the_standard_takes_it_from_the_other(organiser):
    former = questionnaire(TEACHING, title="Den gamle", is_standard=True)
    chosen = questionnaire(LEARNED, title="Den nye")

    response = organiser.post(url("edit", chosen.pk), form_data(TEXT, title="Den nye", is_standard="on"))

    assert response.status_code == 302
    assert list(Questionnaire.objects.filter(is_standard=True)) == [chosen]
    former.refresh_from_db()
    assert not former.is_standard
    assert any("Den gamle" in each for each in said(response))


def test_a_used_questionnaire_is_shown_and_not_edited(organiser):
    used = operations.lock(pk=questionnaire(TEACHING).pk)

    response = organiser.get(url("edit", used.pk))

    assert response.url == url("inspect", used.pk)
    page = organiser.get(response.url).content.decode()
    assert "Ny udgave" in page
    assert url("edit", used.pk) not in page


def test_what_was_edited_while_it_was_locked_is_refused_in_words(organiser, monkeypatch):
    edited = questionnaire(TEACHING)

    def an_evaluation_opens_first(**kwargs):
        operations.lock(pk=edited.pk)
        return operations.begin_change(**kwargs)

    monkeypatch.setattr(admin, "begin_change", an_evaluation_opens_first)

    response = organiser.post(url("edit", edited.pk), form_data(TEXT))

    assert response.url == url("inspect", edited.pk)
    assert any("ikke gemt" in each for each in said(response))
    edited.refresh_from_db()
    assert [each.name for each in parse(edited.questions)] == ["teaching"]


def test_a_new_version_is_made_edited_compared_and_used(organiser):
    evaluation = open_evaluation(asked=questionnaire(TEACHING, LEARNED))
    first = Questionnaire.objects.get()
    planned = open_evaluation(asked=first, status=EvaluationStatus.PLANNED)

    response = organiser.post(url("new_version", first.pk))

    second = Questionnaire.objects.get(version=2)
    assert response.url == url("edit", second.pk)
    organiser.post(url("edit", second.pk), form_data(TEXT, CHOICE))
    page = organiser.get(url("compare", first.pk, second.pk)).content.decode()
    assert "Har du brugt det?" in page
    assert "Hvor tilfreds er du med undervisningen?" in page
    organiser.post(url("planned", second.pk))
    planned.refresh_from_db()
    evaluation.refresh_from_db()
    assert (planned.questionnaire, evaluation.questionnaire) == (second, first)


def test_versions_of_two_questionnaires_are_not_compared(organiser):
    one, other = questionnaire(TEACHING), questionnaire(LEARNED)

    assert organiser.get(url("compare", one.pk, other.pk)).status_code == 404


def test_the_buttons_of_the_standard_and_the_copy(organiser):
    used = operations.lock(pk=questionnaire(TEACHING, title="Slut 100 %").pk)

    organiser.post(url("standard", used.pk))
    assert Questionnaire.objects.standard_for(Moment.END, "one_day") == used
    organiser.post(url("standard", used.pk), {"stop": "1"})
    assert Questionnaire.objects.standard_for(Moment.END, "one_day") is None
    organiser.post(url("copy_of", used.pk))
    assert Questionnaire.objects.exclude(pk=used.pk).get().title == "Kopi af Slut 100 %"


@pytest.mark.parametrize("name", ["new_version", "copy_of", "standard", "planned"])
def test_buttons_do_nothing_by_get(organiser, name):
    asked = operations.lock(pk=questionnaire(TEACHING).pk)

    assert organiser.get(url(name, asked.pk)).url == url("inspect", asked.pk)
    assert Questionnaire.objects.count() == 1


def test_an_unused_questionnaire_goes_and_a_used_one_stays_in_words(organiser):
    unused = questionnaire(TEACHING)
    planned = open_evaluation(asked=questionnaire(LEARNED, title="Planlagt"), status=EvaluationStatus.PLANNED)
    locked = operations.lock(pk=questionnaire(CONFIDENCE, title="Brugt").pk)

    assert organiser.post(url("delete", unused.pk)).status_code == 302
    refused = organiser.post(url("delete", planned.questionnaire_id))
    response = organiser.post(url("delete", locked.pk))

    assert refused.status_code == 409
    assert "Planlagt" in refused.content.decode()
    assert any("Brugt" in each for each in said(response))
    assert set(Questionnaire.objects.all()) == {planned.questionnaire, locked}


def test_locked_questionnaires_are_not_deleted_in_bulk(organiser):
    locked = operations.lock(pk=questionnaire(CONFIDENCE).pk)
    unused = questionnaire(TEACHING)
    address = reverse("wagtail_bulk_action", args=["evaluations", "questionnaire", "delete"])

    organiser.post(f"{address}?id={locked.pk}&id={unused.pk}")

    assert Questionnaire.objects.count() == 2


def test_the_list_tells_what_is_used_for_what_and_how_often(organiser):
    asked = questionnaire(TEACHING, title="Brugt to gange", course_kind="one_day", is_standard=True)
    open_evaluation(asked=asked)
    open_evaluation(asked=asked)
    open_evaluation(asked=asked, status=EvaluationStatus.PLANNED)
    questionnaire(LEARNED, title="Ny")

    page = organiser.get(url("list"))

    rows = {row.title: row for row in page.context["object_list"]}
    assert (rows["Brugt to gange"].use_count, rows["Ny"].use_count) == (2, 0)
    content = page.content.decode()
    assert "dagskursus" in content
    assert url("inspect", asked.pk) in content


def test_the_list_costs_the_same_however_long(organiser):
    questionnaire(TEACHING)
    organiser.get(url("list"))
    with CaptureQueriesContext(connection) as few:
        organiser.get(url("list"))
    for _each in range(12):
        questionnaire(LEARNED)
    with CaptureQueriesContext(connection) as many:
        organiser.get(url("list"))

    assert len(many) == len(few)


@pytest.mark.parametrize("words", ["Slutev", "hjem", "learned", "MED HJEM"])
def test_search_finds_by_name_and_by_what_is_asked(organiser, words):
    found = questionnaire(LEARNED, title="Slutevaluering")
    questionnaire(CONFIDENCE, title="Noget andet")

    page = organiser.get(url("list"), {"q": words})

    assert [row.pk for row in page.context["object_list"]] == [found.pk]


@pytest.mark.parametrize(("language", "shown"), [("da", "Hvad lærte du?"), ("en", "What did you learn?")])
def test_the_page_shows_what_people_meet_in_both_languages(organiser, language, shown):
    asked = questionnaire(question("text", "learned", "Hvad lærte du?", en="What did you learn?"))

    page = organiser.get(url("shown", asked.pk, language))

    assert shown in page.content.decode()
    assert f'lang="{language}"' in page.content.decode()
    assert page["X-Frame-Options"].upper() == "SAMEORIGIN"


def test_the_editor_previews_what_is_not_saved(organiser):
    asked = questionnaire(TEACHING)
    address = url("preview_on_edit", asked.pk)

    assert organiser.post(address, form_data(TEXT)).json() == {"is_valid": True, "is_available": True}
    assert "Hvad lærte du?" in organiser.get(address, {"mode": "da"}).content.decode()


@pytest.mark.parametrize("role", [{"editor": True, "is_staff": True}, {}], ids=["editor", "anybody"])
def test_who_does_not_plan_evaluations_sees_no_questionnaires(client, role):
    client.force_login(UserFactory(**role))
    asked = questionnaire(TEACHING)

    for address in (url("list"), url("add"), url("inspect", asked.pk), url("shown", asked.pk, "da")):
        assert client.get(address).status_code in (302, 403)
        assert "Hvor tilfreds" not in client.get(address, follow=True).content.decode()
    client.post(url("copy_of", asked.pk))
    assert Questionnaire.objects.count() == 1
