"""Tokens that were kept as they are, one an account, are kept by their digest from now on, and end in a year."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def keep_digests(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take over the old tokens, so that programs go on working, and delete them where they lie readable."""
    connection = schema_editor.connection
    if "authtoken_token" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, user_id FROM authtoken_token")
        rows = cursor.fetchall()
    now = timezone.now()
    apps.get_model("catalog", "ApiToken").objects.bulk_create(
        apps.get_model("catalog", "ApiToken")(
            user_id=user_id,
            name="the token from before",
            digest=hashlib.sha256(key.encode()).hexdigest(),
            hint=key[:8],
            scopes=["admin", "edit", "read", "run"],
            created_at=now,
            expires_at=now + timedelta(days=365),
        )
        for key, user_id in rows
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM authtoken_token")


def hide_embargoed(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make drafts of what is embargoed, which an older version does not know. No digest can be made a token again."""
    apps.get_model("catalog", "Publication").objects.filter(state="embargoed").update(state="draft")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_access"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(keep_digests, hide_embargoed)]
