"""Seats are counted by PostgreSQL itself: a row per run that only triggers write.

Bound to enrolments by a trigger in that app (imports point one way; triggers follow).
"""

from django.db import migrations

RUN_TO_SEATS = """
CREATE FUNCTION courses_run_to_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO courses_runseats (run_id, capacity) VALUES (NEW.id, NEW.capacity);
    ELSE
        UPDATE courses_runseats
        SET capacity = NEW.capacity, version = version + 1, run_version = run_version + 1
        WHERE run_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER courses_run_to_seats AFTER INSERT OR UPDATE ON courses_courserun
    FOR EACH ROW EXECUTE FUNCTION courses_run_to_seats();
"""

# A day that moves changes what a page shows of the run.
DAY_TO_SEATS = """
CREATE FUNCTION courses_day_to_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE courses_runseats SET version = version + 1, run_version = run_version + 1
    WHERE run_id = COALESCE(NEW.run_id, OLD.run_id);
    RETURN NULL;
END $$;

CREATE TRIGGER courses_day_to_seats AFTER INSERT OR UPDATE OR DELETE ON courses_courseday
    FOR EACH ROW EXECUTE FUNCTION courses_day_to_seats();
"""

# Written from inside a trigger the depth is 2 or more; a statement of anybody else's arrives at 1.
ONLY_TRIGGERS_WRITE = """
CREATE FUNCTION courses_seats_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'courses_runseats is written by triggers only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER courses_seats_guard BEFORE INSERT OR UPDATE ON courses_runseats
    FOR EACH ROW EXECUTE FUNCTION courses_seats_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0002_initial")]

    operations = [
        migrations.RunSQL(
            RUN_TO_SEATS,
            "DROP TRIGGER courses_run_to_seats ON courses_courserun; DROP FUNCTION courses_run_to_seats();",
        ),
        migrations.RunSQL(
            DAY_TO_SEATS,
            "DROP TRIGGER courses_day_to_seats ON courses_courseday; DROP FUNCTION courses_day_to_seats();",
        ),
        migrations.RunSQL(
            ONLY_TRIGGERS_WRITE,
            "DROP TRIGGER courses_seats_guard ON courses_runseats; DROP FUNCTION courses_seats_guard();",
        ),
    ]
