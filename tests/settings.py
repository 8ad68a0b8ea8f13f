"""Settings of the tests: the production settings on a data directory of their own."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("REPRISE_DATA", tempfile.mkdtemp(prefix="reprise-tests-"))
os.environ.setdefault("REPRISE_SECRET_KEY", "tests-only-tests-only-tests-only-tests-only-tests-only")
os.environ.setdefault("REPRISE_LOG_LEVEL", "WARNING")
# Each test that is about repetition asks for it; for the others a second run would only take time.
os.environ.setdefault("REPRISE_REPETITIONS", "1")
# Django empties tables between tests that commit: an entry that the database keeps would be in its way.
os.environ.setdefault("REPRISE_AUDIT_DAYS", "0")

from config.settings import *  # noqa: F403
from config.settings import DATABASES, REPRISE_DATA

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: SQLite in memory lets no two threads write, and knows no WAL.
    DATABASES["default"]["TEST"] = {"NAME": str(REPRISE_DATA / "tests.sqlite3")}

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = False
Path(REPRISE_DATA).mkdir(parents=True, exist_ok=True)
