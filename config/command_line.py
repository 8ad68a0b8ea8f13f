"""Settings of `manage.py reproduce`: those of the service without the apps that only serve pages and queues."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [
    "catalog.apps.CatalogConfig",
    "builder.apps.BuilderConfig",
    "reproduce.apps.ReproduceConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]
