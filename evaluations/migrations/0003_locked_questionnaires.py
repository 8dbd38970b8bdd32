"""PostgreSQL itself keeps a questionnaire that has been used as it is, whoever writes: answers stay answers to it.

What may still change: its name among staff, which kind of course it is for, and whether it is the standard. And an
evaluation that has opened keeps its questionnaire.
"""

from django.db import migrations

FREEZE = """
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

THAW = """
DROP TRIGGER evaluations_evaluation_questionnaire_stays ON evaluations_evaluation;
DROP FUNCTION evaluations_evaluation_questionnaire_stays();
DROP TRIGGER evaluations_questionnaire_locked ON evaluations_questionnaire;
DROP FUNCTION evaluations_questionnaire_locked();
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0002_surveys")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
