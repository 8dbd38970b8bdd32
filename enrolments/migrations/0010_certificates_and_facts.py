"""What PostgreSQL itself keeps, whoever writes, and what it counts for reports.

An issued certificate stays as it is (design: invariant 8). What may happen to it: it is revoked, once, and why stands
as it was written; and its personal data goes when its time is over, which leaves `data` and the staff's reason empty
and says when. Nothing else, and it is never deleted.

What reports count are views: each day, each booking, each participant's result. Their definitions are those of
`reports/results.py` and `reports/attendance_state.py`, written as SQL so that a million rows are counted where they
lie; tests hold the two together. A migration that changes the type of a column named here drops the views first and
makes them anew.
"""

import django.db.models.deletion
from django.db import migrations, models

FREEZE = """
CREATE FUNCTION enrolments_certificate_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'certificate % is issued: it is revoked, never deleted', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'certificate_frozen';
    END IF;
    IF (NEW.id, NEW.enrolment_id, NEW.version, NEW.code, NEW.issued_at) IS DISTINCT FROM
            (OLD.id, OLD.enrolment_id, OLD.version, OLD.code, OLD.issued_at)
        OR (NEW.data IS DISTINCT FROM OLD.data OR NEW.exception IS DISTINCT FROM OLD.exception)
            AND NOT (OLD.anonymised_at IS NULL AND NEW.anonymised_at IS NOT NULL)
        OR OLD.anonymised_at IS NOT NULL AND NEW.anonymised_at IS DISTINCT FROM OLD.anonymised_at
        OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
        OR OLD.revoked_at IS NOT NULL AND NEW.revoked_reason IS DISTINCT FROM OLD.revoked_reason
            AND NOT (OLD.anonymised_at IS NULL AND NEW.anonymised_at IS NOT NULL)
        -- Who did it may be forgotten with their account, and never becomes somebody else.
        OR NEW.issued_by_id IS NOT NULL AND NEW.issued_by_id IS DISTINCT FROM OLD.issued_by_id
        OR OLD.revoked_at IS NOT NULL AND NEW.revoked_by_id IS NOT NULL
            AND NEW.revoked_by_id IS DISTINCT FROM OLD.revoked_by_id
    THEN
        RAISE EXCEPTION 'certificate % is issued: it never changes', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'certificate_frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER enrolments_certificate_frozen BEFORE UPDATE OR DELETE ON enrolments_certificate
    FOR EACH ROW EXECUTE FUNCTION enrolments_certificate_frozen();
"""
THAW = """
DROP TRIGGER enrolments_certificate_frozen ON enrolments_certificate;
DROP FUNCTION enrolments_certificate_frozen();
"""

FACT = """
CREATE VIEW enrolments_fact AS
SELECT
    enrolment.id AS enrolment_id,
    day.id AS day_id,
    attendance.id AS attendance_id,
    COALESCE(attendance.status, '') AS status,
    times.starts_at,
    times.ends_at,
    times.minutes AS minutes_planned,
    CASE
        WHEN COALESCE(attendance.status, '') NOT IN ('present', 'late') THEN 0
        WHEN attendance.status = 'late' AND attendance.minutes_late > rule.absent_after THEN 0
        ELSE GREATEST(
            0, times.minutes - COALESCE(attendance.minutes_late, 0) - COALESCE(attendance.minutes_early, 0)
        )
    END AS minutes_present,
    CASE WHEN attendance.status IN ('present', 'late')
        THEN times.starts_at + make_interval(mins => COALESCE(attendance.minutes_late, 0)) END AS arrived_at,
    CASE WHEN attendance.status IN ('present', 'late')
        THEN times.ends_at - make_interval(mins => COALESCE(attendance.minutes_early, 0)) END AS left_at,
    COALESCE(corrected.corrections, 0) AS corrections,
    COALESCE(presenting.presenters, '') AS presenters
FROM enrolments_enrolment AS enrolment
JOIN courses_courseday AS day ON day.run_id = enrolment.run_id
LEFT JOIN enrolments_attendance AS attendance
    ON attendance.enrolment_id = enrolment.id AND attendance.day_id = day.id
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN attendance.status > '' THEN attendance.planned_starts_at ELSE day.starts_at END AS starts_at,
        CASE WHEN attendance.status > '' THEN attendance.planned_ends_at ELSE day.ends_at END AS ends_at,
        CASE WHEN attendance.status > ''
            THEN floor(extract(epoch FROM attendance.planned_ends_at - attendance.planned_starts_at) / 60)::integer
            ELSE floor(extract(epoch FROM day.ends_at - day.starts_at) / 60)::integer
        END AS minutes
) AS times
LEFT JOIN courses_courserun AS run ON run.id = enrolment.run_id
LEFT JOIN courses_coursepage AS course ON course.page_ptr_id = run.course_id
LEFT JOIN courses_attendancerule AS rule
    ON rule.id = COALESCE(
        course.attendance_rule_id, (SELECT id FROM courses_attendancerule WHERE is_default)
    )
LEFT JOIN (
    SELECT attendance_id, count(*) AS corrections
    FROM enrolments_attendancechange
    WHERE is_applied AND old_status <> ''
        AND (old_status, old_minutes_late, old_minutes_early)
            IS DISTINCT FROM (new_status, new_minutes_late, new_minutes_early)
    GROUP BY attendance_id
) AS corrected ON corrected.attendance_id = attendance.id
LEFT JOIN (
    SELECT presented.courseday_id, string_agg(presenter.name, ', ' ORDER BY presenter.name) AS presenters
    FROM courses_courseday_presenters AS presented
    JOIN courses_presenter AS presenter ON presenter.id = presented.presenter_id
    GROUP BY presented.courseday_id
) AS presenting ON presenting.courseday_id = day.id
"""

BOOKING = """
CREATE VIEW enrolments_booking AS
SELECT
    enrolment.id AS enrolment_id,
    span.first_date,
    span.last_date,
    span.days,
    state.is_held,
    state.is_held AND span.last_ends_at <= now() AS is_over,
    state.is_booked,
    COALESCE(late.is_late_cancellation, FALSE) AS is_late_cancellation,
    state.is_booked AND enrolment.status = 'cancelled'
        AND NOT COALESCE(late.is_late_cancellation, FALSE) AS is_cancelled_in_time,
    CASE
        WHEN state.is_held AND enrolment.status IN ('confirmed', 'walk_in') THEN registration.price
        ELSE COALESCE(enrolment.fee, 0)
    END AS spend,
    COALESCE(rule.minimum_percent, 80) AS minimum_percent
FROM enrolments_enrolment AS enrolment
JOIN enrolments_registration AS registration ON registration.id = enrolment.registration_id
JOIN courses_courserun AS run ON run.id = enrolment.run_id
JOIN (
    SELECT run_id, min(date) AS first_date, max(date) AS last_date, max(ends_at) AS last_ends_at, count(*) AS days
    FROM courses_courseday
    GROUP BY run_id
) AS span ON span.run_id = enrolment.run_id
LEFT JOIN courses_coursepage AS course ON course.page_ptr_id = run.course_id
LEFT JOIN courses_attendancerule AS rule
    ON rule.id = COALESCE(
        course.attendance_rule_id, (SELECT id FROM courses_attendancerule WHERE is_default)
    )
CROSS JOIN LATERAL (
    SELECT
        run.status IN ('open', 'closed') AS is_held,
        enrolment.status IN ('confirmed', 'walk_in')
            OR enrolment.status = 'cancelled' AND (enrolment.fee IS NOT NULL OR enrolment.line_order IS NULL)
            AS is_booked
) AS state
CROSS JOIN LATERAL (
    SELECT state.is_booked AND state.is_held AND enrolment.status = 'cancelled'
        AND timezone('Europe/Copenhagen', enrolment.cancelled_at)::date
            > span.first_date - COALESCE(rule.cancel_in_time_days, 1) AS is_late_cancellation
) AS late
"""

RESULT = """
CREATE VIEW enrolments_result AS
SELECT
    booking.enrolment_id,
    sums.days_planned,
    sums.days_taken,
    sums.days_attended,
    sums.minutes_planned,
    sums.minutes_attended,
    sums.minutes_open,
    CASE WHEN sums.minutes_planned > 0
        THEN round(100.0 * sums.minutes_attended / sums.minutes_planned, 1) ELSE 0 END AS percent,
    CASE
        WHEN sums.minutes_planned > 0 AND sums.minutes_attended * 100 >= sums.needed THEN 'met'
        WHEN sums.minutes_planned = 0 OR (sums.minutes_attended + sums.minutes_open) * 100 < sums.needed
            THEN 'out_of_reach'
        WHEN (sums.minutes_attended + sums.minutes_open - sums.longest_open) * 100 < sums.needed THEN 'at_risk'
        ELSE 'on_track'
    END AS requirement,
    booking.is_over AND booking.is_booked AND NOT booking.is_cancelled_in_time
        AND sums.minutes_attended = 0 AND sums.days_excused = 0
        AND (booking.is_late_cancellation OR sums.days_taken = sums.days_planned) AS is_no_show
FROM enrolments_booking AS booking
CROSS JOIN LATERAL (
    SELECT
        count(*) AS days_planned,
        count(*) FILTER (WHERE fact.status <> '') AS days_taken,
        count(*) FILTER (WHERE fact.minutes_present > 0) AS days_attended,
        count(*) FILTER (WHERE fact.status = 'excused') AS days_excused,
        COALESCE(sum(fact.minutes_planned), 0) AS minutes_planned,
        COALESCE(sum(fact.minutes_present), 0) AS minutes_attended,
        COALESCE(sum(fact.minutes_planned) FILTER (WHERE fact.status = ''), 0) AS minutes_open,
        COALESCE(max(fact.minutes_planned) FILTER (WHERE fact.status = ''), 0) AS longest_open,
        COALESCE(sum(fact.minutes_planned), 0) * booking.minimum_percent AS needed
    FROM enrolments_fact AS fact
    WHERE fact.enrolment_id = booking.enrolment_id
) AS sums
"""


def unmanaged(name: str, table: str, fields: list) -> migrations.CreateModel:
    return migrations.CreateModel(
        name=name, fields=fields, options={"db_table": table, "managed": False, "default_permissions": ()}
    )


class Migration(migrations.Migration):
    dependencies = [("enrolments", "0009_attendance_anywhere"), ("courses", "0008_attendance_rule")]

    operations = [
        # The corrections of a million marks are few: found without reading the rest.
        migrations.AddIndex(
            model_name="attendancechange",
            index=models.Index(
                fields=["attendance"],
                condition=models.Q(is_applied=True) & ~models.Q(old_status=""),
                name="attendance_corrections",
            ),
        ),
        migrations.RunSQL(FREEZE, THAW),
        migrations.RunSQL(FACT, "DROP VIEW enrolments_fact"),
        migrations.RunSQL(BOOKING, "DROP VIEW enrolments_booking"),
        migrations.RunSQL(RESULT, "DROP VIEW enrolments_result"),
        unmanaged(
            "Fact",
            "enrolments_fact",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "enrolment_id", "day_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                )
            ],
        ),
        *(
            unmanaged(
                name,
                table,
                [
                    (
                        "enrolment",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            primary_key=True,
                            related_name=related_name,
                            serialize=False,
                            to="enrolments.enrolment",
                        ),
                    )
                ],
            )
            for name, table, related_name in (
                ("Booking", "enrolments_booking", "booking"),
                ("EnrolmentResult", "enrolments_result", "result"),
            )
        ),
    ]
