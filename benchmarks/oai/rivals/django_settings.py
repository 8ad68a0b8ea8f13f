"""A site that is django-oai-pmh and nothing else."""

import os
from urllib.parse import urlsplit

_database = urlsplit(os.environ["DATABASE_URL"])
ADMINS = [("Data", "data@example.org")]
ALLOWED_HOSTS = ["*"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.path.strip("/"),
        "USER": _database.username,
        "HOST": _database.hostname,
        "PORT": _database.port,
    }
}
INSTALLED_APPS = ["django_oai_pmh"]
OAI_PMH = {"REPOSITORY_NAME": "Rival", "BASE_URL": "http://127.0.0.1/oai", "NUM_PER_PAGE": int(os.environ["PAGE"])}
ROOT_URLCONF = "django_urls"
SECRET_KEY = "of no use"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_TZ = True
