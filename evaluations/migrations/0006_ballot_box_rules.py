"""PostgreSQL itself keeps the ballot box, whoever writes.

A ballot comes only into the box of an open evaluation, only in the one size that all of them have, and never changes.
It is stored as it is: to compress what is sealed is in vain, and no statistics are kept of it.
"""

from django.db import migrations, models

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


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0005_standard_questionnaires")]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="evaluation",
            name="in_box",
            field=models.PositiveIntegerField(
                editable=False,
                help_text="As many as answered, unless rows were written past us",
                null=True,
                verbose_name="ballots",
            ),
        ),
        migrations.RemoveConstraint(model_name="evaluation", name="evaluation_trouble_known"),
        migrations.AlterField(
            model_name="evaluation",
            name="trouble",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("key_missing", "The worker has no private key"),
                    ("key_wrong", "The worker's private key is another than the evaluation was opened with"),
                    ("failed", "The ballots could not be counted: the worker's log says where it went wrong"),
                ],
                default="",
                editable=False,
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="evaluation",
            constraint=models.CheckConstraint(
                condition=models.Q(("trouble__in", ["", "key_missing", "key_wrong", "failed"])),
                name="evaluation_trouble_known",
            ),
        ),
    ]
