"""Count held seats too: those offered to the waiting line, and those an organiser holds.

Everything that keeps a seat from others is counted by PostgreSQL in the statement that does it, so the
CHECK on courses_runseats refuses the seat that is not there whoever writes (design: invariant 1).
"""

from django.db import migrations

COUNT = """
DROP FUNCTION enrolments_count(bigint, bigint, bigint);

CREATE FUNCTION enrolments_count(run bigint, taken_delta bigint, held_delta bigint, waiting_delta bigint)
RETURNS void LANGUAGE sql AS $$
    UPDATE courses_runseats
    SET taken = taken + taken_delta, held = held + held_delta, waiting = waiting + waiting_delta,
        version = version + 1
    WHERE run_id = run AND (taken_delta <> 0 OR held_delta <> 0 OR waiting_delta <> 0)
$$;

CREATE OR REPLACE FUNCTION enrolments_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enrolments_count(run_id,
        count(*) FILTER (WHERE status = 'confirmed'),
        count(*) FILTER (WHERE status = 'offered'),
        count(*) FILTER (WHERE status = 'waiting'))
    FROM inserted GROUP BY run_id ORDER BY run_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION enrolments_count_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enrolments_count(run_id, sum(taken)::bigint, sum(held)::bigint, sum(waiting)::bigint)
    FROM (
        SELECT run_id, (status = 'confirmed')::int AS taken, (status = 'offered')::int AS held,
            (status = 'waiting')::int AS waiting
        FROM changed
        UNION ALL
        SELECT run_id, -(status = 'confirmed')::int, -(status = 'offered')::int, -(status = 'waiting')::int
        FROM former
    ) AS moves GROUP BY run_id ORDER BY run_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION enrolments_count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enrolments_count(run_id,
        -count(*) FILTER (WHERE status = 'confirmed'),
        -count(*) FILTER (WHERE status = 'offered'),
        -count(*) FILTER (WHERE status = 'waiting'))
    FROM removed GROUP BY run_id ORDER BY run_id;
    RETURN NULL;
END $$;

CREATE FUNCTION enrolments_count_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.released_at IS NULL THEN
        PERFORM enrolments_count(OLD.run_id, 0, -OLD.seats, 0);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.released_at IS NULL THEN
        PERFORM enrolments_count(NEW.run_id, 0, NEW.seats, 0);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER enrolments_count_hold AFTER INSERT OR UPDATE OR DELETE ON enrolments_seathold
    FOR EACH ROW EXECUTE FUNCTION enrolments_count_hold();

UPDATE enrolments_enrolment SET line_order = registration_id * 1000 + form_order WHERE status = 'waiting';
"""


class Migration(migrations.Migration):
    dependencies = [("enrolments", "0005_whole_life")]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
