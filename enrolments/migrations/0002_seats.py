"""Count seats and the waiting line in PostgreSQL, once per statement.

Whoever writes enrolments, by whatever way, the counts follow in the same statement, and the
CHECK on courses_runseats refuses the seat that is not there (design: invariant 1).
"""

from django.db import migrations

COUNT = """
CREATE FUNCTION enrolments_count(run bigint, taken_delta bigint, waiting_delta bigint) RETURNS void
LANGUAGE sql AS $$
    UPDATE courses_runseats
    SET taken = taken + taken_delta, waiting = waiting + waiting_delta, version = version + 1
    WHERE run_id = run AND (taken_delta <> 0 OR waiting_delta <> 0)
$$;

CREATE FUNCTION enrolments_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enrolments_count(run_id,
        count(*) FILTER (WHERE status = 'confirmed'), count(*) FILTER (WHERE status = 'waiting'))
    FROM inserted GROUP BY run_id ORDER BY run_id;
    RETURN NULL;
END $$;

CREATE FUNCTION enrolments_count_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enrolments_count(run_id, sum(taken)::bigint, sum(waiting)::bigint)
    FROM (
        SELECT run_id, (status = 'confirmed')::int AS taken, (status = 'waiting')::int AS waiting FROM changed
        UNION ALL
        SELECT run_id, -(status = 'confirmed')::int, -(status = 'waiting')::int FROM former
    ) AS moves GROUP BY run_id ORDER BY run_id;
    RETURN NULL;
END $$;

CREATE FUNCTION enrolments_count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enrolments_count(run_id,
        -count(*) FILTER (WHERE status = 'confirmed'), -count(*) FILTER (WHERE status = 'waiting'))
    FROM removed GROUP BY run_id ORDER BY run_id;
    RETURN NULL;
END $$;

CREATE TRIGGER enrolments_count_inserted AFTER INSERT ON enrolments_enrolment
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION enrolments_count_inserted();
CREATE TRIGGER enrolments_count_updated AFTER UPDATE ON enrolments_enrolment
    REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION enrolments_count_updated();
CREATE TRIGGER enrolments_count_deleted AFTER DELETE ON enrolments_enrolment
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION enrolments_count_deleted();
"""

UNCOUNT = """
DROP TRIGGER enrolments_count_inserted ON enrolments_enrolment;
DROP TRIGGER enrolments_count_updated ON enrolments_enrolment;
DROP TRIGGER enrolments_count_deleted ON enrolments_enrolment;
DROP FUNCTION enrolments_count_inserted();
DROP FUNCTION enrolments_count_updated();
DROP FUNCTION enrolments_count_deleted();
DROP FUNCTION enrolments_count(bigint, bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("enrolments", "0001_initial"), ("courses", "0003_seats")]

    operations = [migrations.RunSQL(COUNT, UNCOUNT)]
