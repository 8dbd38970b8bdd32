"""PostgreSQL itself keeps the rules of evaluations, whoever writes. And what public pages show is counted.

A questionnaire that has been used stays as it is: answers stay answers to it. What may still change: its name among
staff, which kind of course it is for, and whether it is the standard. And an evaluation that has opened keeps its
questionnaire.

A ballot comes only into the box of an open evaluation, only in the one size that all of them have, and never changes.
It is stored as it is: to compress what is sealed is in vain, and no statistics are kept of it.

As long as ballots lie in its box, an evaluation stays open, with its keys and with what was asked: without its key
nobody could count the ballots, and with other questions they would say something else. Closing empties the box first.
"""

from django.db import migrations

from website.core.database import CountContentVersion

LOCK = """
CREATE FUNCTION evaluations_questionnaire_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'questionnaire % has been used: it is not deleted', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'questionnaire_locked';
    END IF;
    IF (NEW.id, NEW.family, NEW.version, NEW.moment, NEW.introduction_da, NEW.introduction_en, NEW.locked_at)
            IS DISTINCT FROM
            (OLD.id, OLD.family, OLD.version, OLD.moment, OLD.introduction_da, OLD.introduction_en, OLD.locked_at)
        OR NEW.questions IS DISTINCT FROM OLD.questions
    THEN
        RAISE EXCEPTION 'questionnaire % has been used: make a new version', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'questionnaire_locked';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER evaluations_questionnaire_locked BEFORE UPDATE OR DELETE ON evaluations_questionnaire
    FOR EACH ROW WHEN (OLD.locked_at IS NOT NULL) EXECUTE FUNCTION evaluations_questionnaire_locked();

CREATE FUNCTION evaluations_evaluation_questionnaire_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'evaluation % has opened: it keeps its questionnaire', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'evaluation_questionnaire_stays';
END $$;

CREATE TRIGGER evaluations_evaluation_questionnaire_stays BEFORE UPDATE OF questionnaire_id ON evaluations_evaluation
    FOR EACH ROW
    WHEN (OLD.status IN ('open', 'closed') AND NEW.questionnaire_id IS DISTINCT FROM OLD.questionnaire_id)
    EXECUTE FUNCTION evaluations_evaluation_questionnaire_stays();
"""
UNLOCK = """
DROP TRIGGER evaluations_evaluation_questionnaire_stays ON evaluations_evaluation;
DROP FUNCTION evaluations_evaluation_questionnaire_stays();
DROP TRIGGER evaluations_questionnaire_locked ON evaluations_questionnaire;
DROP FUNCTION evaluations_questionnaire_locked();
"""

# 48 bytes more than what was sealed: libsodium's crypto_box_SEALBYTES.
GUARD = """
CREATE FUNCTION evaluations_ballot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    size integer;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a ballot never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ballot_never_changes';
    END IF;
    SELECT ballot_size INTO size FROM evaluations_evaluation WHERE id = NEW.evaluation_id AND status = 'open';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the evaluation is not open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ballot_of_open_evaluation';
    END IF;
    IF octet_length(NEW.sealed) <> size + 48 THEN
        RAISE EXCEPTION 'all ballots of an evaluation have one size'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ballot_of_one_size';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER evaluations_ballot_guard BEFORE INSERT OR UPDATE ON evaluations_ballot
    FOR EACH ROW EXECUTE FUNCTION evaluations_ballot_guard();
"""
UNGUARD = """
DROP TRIGGER evaluations_ballot_guard ON evaluations_ballot;
DROP FUNCTION evaluations_ballot_guard();
"""
STORAGE = """
ALTER TABLE evaluations_ballot
    ALTER COLUMN sealed SET STORAGE EXTERNAL, ALTER COLUMN sealed SET STATISTICS 0;
ALTER TABLE evaluations_voter ALTER COLUMN has_answered SET STATISTICS 0;
"""

KEEP = """
CREATE FUNCTION evaluations_full_box_stays_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM evaluations_ballot WHERE evaluation_id = OLD.id) THEN
        RAISE EXCEPTION 'the box of evaluation % is not empty: it is counted first', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evaluation_full_box_stays_open';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER evaluations_full_box_stays_open BEFORE UPDATE ON evaluations_evaluation FOR EACH ROW
    WHEN (OLD.status = 'open' AND (
        NEW.status, NEW.questionnaire_id, NEW.subjects, NEW.public_key, NEW.sealed_key, NEW.ballot_size
    ) IS DISTINCT FROM (
        OLD.status, OLD.questionnaire_id, OLD.subjects, OLD.public_key, OLD.sealed_key, OLD.ballot_size
    ))
    EXECUTE FUNCTION evaluations_full_box_stays_open();
"""
LET = """
DROP TRIGGER evaluations_full_box_stays_open ON evaluations_evaluation;
DROP FUNCTION evaluations_full_box_stays_open();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_content_version"), ("evaluations", "0001_initial")]

    operations = [
        migrations.RunSQL(LOCK, UNLOCK),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, LET),
        CountContentVersion("evaluations_surveyresultspage", "evaluations_survey"),
        CountContentVersion("evaluations_questionresult", events="INSERT OR DELETE"),
        # Not at every mark of the worker's: when it closes, and when staff say what they changed or show it.
        CountContentVersion("evaluations_evaluation", events="UPDATE OF closed_at, is_public, changes_made OR DELETE"),
    ]
