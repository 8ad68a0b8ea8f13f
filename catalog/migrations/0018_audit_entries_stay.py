"""The database itself refuses to change an entry of the audit log, and to delete one before its time.

SQLite drops triggers with a table, and Django makes a table anew to change it: who alters `AuditEntry` makes them again.
"""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "catalog_auditentry"
MAKE = {
    "sqlite": [
        f"""CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON {TABLE}
            BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END""",
        f"""CREATE TRIGGER audit_entry_kept BEFORE DELETE ON {TABLE}
            WHEN substr(OLD.kept_until, 1, 23) > strftime('%Y-%m-%d %H:%M:%f', 'now')
            BEGIN SELECT RAISE(ABORT, 'an audit entry is kept until its time'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'UPDATE' THEN RAISE EXCEPTION 'an audit entry is never changed'; END IF;
                IF OLD.kept_until > clock_timestamp() THEN RAISE EXCEPTION 'an audit entry is kept until its time'; END IF;
                RETURN OLD;
            END $$""",
        f"""CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON {TABLE}
            FOR EACH ROW EXECUTE FUNCTION audit_entry_stays()""",
    ],
}
TAKE = {
    "sqlite": ["DROP TRIGGER audit_entry_unchanged", "DROP TRIGGER audit_entry_kept"],
    "postgresql": [f"DROP TRIGGER audit_entry_stays ON {TABLE}", "DROP FUNCTION audit_entry_stays()"],
}


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in MAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unguard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in TAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0017_tokens_by_digest")]

    operations = [migrations.RunPython(guard, unguard)]
