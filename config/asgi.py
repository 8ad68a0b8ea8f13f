"""The ASGI entry, served by uvicorn."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from config.servers import keep_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

keep_connections(settings.DATABASES["default"])
application = get_asgi_application()
# An answer that is made is sent at once: in pieces of 64 kB the server waits for its client at each of them.
application.chunk_size = 2**20
