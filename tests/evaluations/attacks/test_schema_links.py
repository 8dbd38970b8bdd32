"""The schema walked, in Django's models and in PostgreSQL's own catalog: nothing links the roll to box or results.

Whoever adds a column, key, sequence, trigger or statistic to one of these tables meets a red test here, and says
below why it tells nothing, or takes it away.
"""

import uuid

import pytest
from django.apps import apps
from wagtail.models import ReferenceIndex
from wagtail.search.index import class_is_indexed
from wagtail.snippets.models import get_snippet_models

from evaluations.models import Ballot, QuestionResult, TextAnswer, Voter
from tests.evaluations.box_helpers import rows

pytestmark = pytest.mark.django_db

ROLL = "evaluations_voter"
#: What was answered: sealed, counted, written.
CONTENT = ("evaluations_ballot", "evaluations_questionresult", "evaluations_textanswer")

#: Every column of these tables, and why it does not link.
JUDGED = {
    ROLL: {
        "id": "given in random order when the roll is written, before anybody has answered",
        "evaluation_id": "all of an evaluation have the same",
        "enrolment_id": "who was asked: the roll is there to know it",
        "invitation_id": "the same, of surveys",
        "link_version": "counts new links, whoever answers",
        "mails": "how many were sent: none after closing",
        "has_answered": "that, not what; nothing after closing",
    },
    "evaluations_ballot": {
        "id": "random",
        "evaluation_id": "all of an evaluation have the same",
        "sealed": "of one size; nobody opens it without the worker's key",
    },
    "evaluations_questionresult": {
        "id": "random",
        "evaluation_id": "all of an evaluation have the same",
        "question": "of the questionnaire",
        "subject": "of the evaluation: a presenter, a day",
        "presenter_id": "of the evaluation",
        "row": "of the questionnaire",
        "group_id": "a municipality of which five or more answered",
        "answered": "five or more",
        "no_opinion": "a figure",
        "counts": "figures",
    },
    "evaluations_textanswer": {
        "id": "random",
        "result_id": "the question: five or more answered it",
        "text": "what somebody wrote: the one thing that may tell who, and the page says so",
        "is_hidden": "by staff",
        "is_flagged": "by staff",
        "reply": "by staff",
        "moderated_by_id": "staff",
        "moderated_at": "when staff did; nothing of when it was written",
    },
}
#: Where the foreign keys of these tables lead.
KEYS = {
    (ROLL, "evaluations_evaluation"),
    (ROLL, "enrolments_enrolment"),
    (ROLL, "evaluations_surveyinvitation"),
    ("evaluations_ballot", "evaluations_evaluation"),
    ("evaluations_questionresult", "evaluations_evaluation"),
    ("evaluations_questionresult", "courses_presenter"),
    ("evaluations_questionresult", "courses_organisation"),
    ("evaluations_textanswer", "evaluations_questionresult"),
    ("evaluations_textanswer", "accounts_user"),
}
#: Triggers of ours on them: those of the box write nothing, the other counts versions of public content.
TRIGGERS = {
    ("evaluations_ballot", "evaluations_ballot_guard"),
    ("evaluations_questionresult", "core_count_content"),
}
TABLES = (ROLL, *CONTENT)


def test_every_column_in_the_database_has_been_judged():
    found = rows(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = ANY(%s)",
        list(TABLES),
    )

    assert set(found) == {(table, column) for table, columns in JUDGED.items() for column in columns}


def test_the_models_have_no_field_that_the_tables_have_not():
    """A relation through a table in between would be one."""
    for model in (Voter, Ballot, QuestionResult, TextAnswer):
        assert {field.column for field in model._meta.concrete_fields} == set(JUDGED[model._meta.db_table])
        assert not model._meta.many_to_many and not model._meta.private_fields


def test_the_only_thing_that_roll_and_content_both_point_to_is_the_evaluation():
    found = rows(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])",
        list(TABLES),
    )

    assert set(found) == KEYS
    of_roll = {target for table, target in found if table == ROLL}
    of_content = {target for table, target in found if table in CONTENT}
    assert of_roll & of_content == {"evaluations_evaluation"}


def test_nothing_points_to_a_person_on_the_roll_or_to_a_ballot():
    found = rows(
        "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = ANY(%s::regclass[])",
        [ROLL, "evaluations_ballot"],
    )

    assert found == []
    for model in (Voter, Ballot):
        assert not model._meta.related_objects


def test_what_the_roll_leads_to_never_leads_to_what_was_answered():
    """From people's rows, along any foreign keys in either direction but through the evaluation itself."""
    keys = rows(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        " AND connamespace = 'public'::regnamespace"
    )
    owned = {ROLL, "enrolments_enrolment", "evaluations_surveyinvitation"}
    pointing_at_people = {table for table, target in keys if target in owned}

    assert not pointing_at_people & set(CONTENT)


def test_no_time_is_kept_of_a_vote():
    found = rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY(%s)"
        " AND (data_type ~ 'time|date|interval' OR column_default ~* 'now|current|clock')",
        list(TABLES),
    )

    assert found == [("evaluations_textanswer", "moderated_at")]


def test_no_number_of_a_sequence_is_given_to_anything_that_was_answered():
    owned = rows(
        "SELECT tables.relname FROM pg_depend JOIN pg_class sequence ON sequence.oid = objid AND sequence.relkind = 'S'"
        " JOIN pg_class tables ON tables.oid = refobjid WHERE tables.relname = ANY(%s)",
        list(TABLES),
    )
    defaults = rows(
        "SELECT table_name, column_name, column_default FROM information_schema.columns"
        " WHERE table_name = ANY(%s) AND column_default IS NOT NULL",
        list(TABLES),
    )

    assert owned == [(ROLL,)]
    assert defaults == []
    for model in (Ballot, QuestionResult, TextAnswer):
        assert model._meta.pk.default is uuid.uuid4, "uuid1 and uuid7 hold the time"


def test_no_trigger_rule_or_publication_copies_their_rows():
    triggers = rows(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgrelid = ANY(%s::regclass[])",
        list(TABLES),
    )
    written_down = rows(
        "SELECT tablename FROM pg_rules WHERE tablename = ANY(%s) UNION ALL"
        " SELECT tablename FROM pg_publication_tables WHERE tablename = ANY(%s) UNION ALL"
        " SELECT viewname FROM pg_views WHERE schemaname = 'public' AND definition ~ 'evaluations_(voter|ballot)'"
        " UNION ALL SELECT stxname FROM pg_statistic_ext WHERE stxrelid = ANY(%s::regclass[])",
        *[list(TABLES)] * 3,
    )

    assert set(triggers) == TRIGGERS
    assert written_down == []


def test_postgresql_keeps_no_statistics_of_who_answered_nor_of_what_is_sealed():
    """Samples of columns (pg_stats) would outlive the rows."""
    targets = rows(
        "SELECT attrelid::regclass::text, attname, attstattarget FROM pg_attribute"
        " WHERE attname IN ('has_answered', 'sealed') AND attrelid = ANY(%s::regclass[])",
        [ROLL, "evaluations_ballot"],
    )

    assert sorted(targets) == [("evaluations_ballot", "sealed", 0), (ROLL, "has_answered", 0)]


def test_a_sealed_ballot_is_stored_as_it_is():
    """Compressed, its size would depend on what stands on it, if ever it were not sealed as it ought to be."""
    found = rows(
        "SELECT attstorage::text FROM pg_attribute WHERE attrelid = 'evaluations_ballot'::regclass"
        " AND attname = 'sealed'"
    )

    assert found == [("e",)]


@pytest.mark.parametrize("model", [Voter, Ballot, QuestionResult, TextAnswer])
def test_no_index_of_wagtails_keeps_entries_about_them(model):
    """Its index of references has rows of its own, numbered in the order of saving."""
    assert not ReferenceIndex.model_is_indexable(model)
    assert not class_is_indexed(model)
    assert model not in get_snippet_models()


def test_there_is_no_permission_to_read_the_roll_or_the_box():
    for model in (Voter, Ballot):
        assert model._meta.default_permissions == () and model._meta.permissions == []
    assert {each._meta.db_table for each in apps.get_app_config("evaluations").get_models()} >= set(TABLES)
