"""PostgreSQL itself keeps an issued certificate as it is (design: invariant 8), whoever writes.

What may happen to it: it is revoked, once; and its personal data goes when its time is over, which leaves `data` and
the staff's reason empty and says when. Nothing else, and it is never deleted.
"""

from django.db import migrations

FREEZE = """
CREATE FUNCTION enrolments_certificate_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'certificate % is issued: it is revoked, never deleted', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'certificate_frozen';
    END IF;
    IF (NEW.enrolment_id, NEW.version, NEW.code, NEW.issued_at) IS DISTINCT FROM
            (OLD.enrolment_id, OLD.version, OLD.code, OLD.issued_at)
        OR (NEW.data IS DISTINCT FROM OLD.data OR NEW.exception IS DISTINCT FROM OLD.exception)
            AND NOT (OLD.anonymised_at IS NULL AND NEW.anonymised_at IS NOT NULL)
        OR OLD.anonymised_at IS NOT NULL AND NEW.anonymised_at IS DISTINCT FROM OLD.anonymised_at
        OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
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


class Migration(migrations.Migration):
    dependencies = [("enrolments", "0009_attendance_anywhere")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
