from django.db import migrations

# The index follows the table by itself, so that no row is in one alone. A later change of catalog_searchdocument on
# SQLite makes the table anew, without its triggers: such a migration must run these statements again.
SQLITE = (
    """CREATE VIRTUAL TABLE catalog_search_fts USING fts5(
        title, names, subjects, body, content='catalog_searchdocument', content_rowid='id',
        tokenize="porter unicode61 remove_diacritics 2")""",
    """CREATE TRIGGER catalog_search_added AFTER INSERT ON catalog_searchdocument BEGIN
        INSERT INTO catalog_search_fts(rowid, title, names, subjects, body)
        VALUES (new.id, new.title, new.names, new.subjects, new.body); END""",
    """CREATE TRIGGER catalog_search_removed AFTER DELETE ON catalog_searchdocument BEGIN
        INSERT INTO catalog_search_fts(catalog_search_fts, rowid, title, names, subjects, body)
        VALUES ('delete', old.id, old.title, old.names, old.subjects, old.body); END""",
    """CREATE TRIGGER catalog_search_changed AFTER UPDATE ON catalog_searchdocument BEGIN
        INSERT INTO catalog_search_fts(catalog_search_fts, rowid, title, names, subjects, body)
        VALUES ('delete', old.id, old.title, old.names, old.subjects, old.body);
        INSERT INTO catalog_search_fts(rowid, title, names, subjects, body)
        VALUES (new.id, new.title, new.names, new.subjects, new.body); END""",
)
SQLITE_BACK = (
    "DROP TRIGGER catalog_search_added",
    "DROP TRIGGER catalog_search_removed",
    "DROP TRIGGER catalog_search_changed",
    "DROP TABLE catalog_search_fts",
)
POSTGRESQL = (
    """ALTER TABLE catalog_searchdocument ADD COLUMN vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', subjects), 'B')
        || setweight(to_tsvector('english', names), 'C') || setweight(to_tsvector('english', body), 'D')) STORED""",
    "CREATE INDEX catalog_search_vector ON catalog_searchdocument USING gin (vector)",
)
POSTGRESQL_BACK = (
    "DROP INDEX catalog_search_vector",
    "ALTER TABLE catalog_searchdocument DROP COLUMN vector",
)


def forwards(_apps, schema_editor):
    """Make the index of this database's kind."""
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def backwards(_apps, schema_editor):
    """Take it away again."""
    for statement in {"sqlite": SQLITE_BACK, "postgresql": POSTGRESQL_BACK}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0013_search"),
    ]

    operations = [
        migrations.RunPython(forwards, backwards),
    ]
