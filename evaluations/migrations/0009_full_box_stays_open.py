"""As long as ballots lie in its box, an evaluation stays open, with its keys and with what was asked.

Whoever writes: without its key nobody could count the ballots, and with other questions they would say something else.
Closing empties the box first.
"""

from django.db import migrations

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
    dependencies = [("evaluations", "0008_two_answers")]

    operations = [migrations.RunSQL(KEEP, LET)]
