"""The history tells of certificates; and why one was revoked stands as it was written, until personal data goes."""

from django.conf import settings
from django.db import migrations, models

FREEZE = """
CREATE OR REPLACE FUNCTION enrolments_certificate_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [
        ("enrolments", "0010_certificates_frozen"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="enrolmentevent",
            name="enrolment_event_kind_known",
        ),
        migrations.AlterField(
            model_name="enrolmentevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registered", "Registered"),
                    ("added", "Added by an organiser"),
                    ("waitlisted", "Put on the waiting list"),
                    ("line_moved", "Moved in the waiting list"),
                    ("offered", "Offered a seat"),
                    ("offer_accepted", "Accepted the seat"),
                    ("offer_declined", "Declined the seat"),
                    ("offer_expired", "Did not answer the offer in time"),
                    ("offer_withdrawn", "The offer was withdrawn"),
                    ("seated", "Given a seat from the waiting list"),
                    ("cancelled", "Cancelled"),
                    ("replaced", "Replaced by a colleague"),
                    ("replaces", "Takes over a colleague's seat"),
                    ("moved_away", "Moved to another run"),
                    ("moved_here", "Moved here from another run"),
                    ("named", "Name filled in"),
                    ("details", "Details corrected"),
                    ("requested", "Asked for a change after the deadline"),
                    ("request_granted", "The request was granted"),
                    ("request_refused", "The request was refused"),
                    ("walked_in", "Came without having registered"),
                    ("told", "Told of a change of the run"),
                    ("certified", "Certificate issued"),
                    ("certificate_revoked", "Certificate revoked"),
                    ("anonymised", "Personal data deleted"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolmentevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "registered",
                            "added",
                            "waitlisted",
                            "line_moved",
                            "offered",
                            "offer_accepted",
                            "offer_declined",
                            "offer_expired",
                            "offer_withdrawn",
                            "seated",
                            "cancelled",
                            "replaced",
                            "replaces",
                            "moved_away",
                            "moved_here",
                            "named",
                            "details",
                            "requested",
                            "request_granted",
                            "request_refused",
                            "walked_in",
                            "told",
                            "certified",
                            "certificate_revoked",
                            "anonymised",
                        ],
                    )
                ),
                name="enrolment_event_kind_known",
            ),
        ),
        migrations.RunSQL(FREEZE, migrations.RunSQL.noop),
    ]
