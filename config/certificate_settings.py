"""For how long a certificate is good, and the key that signs it."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.env import Environment


def read_certificate_settings(env: Environment) -> tuple[int, str]:
    """Return the days for which a certificate is good, and the path of the private key; empty for our own."""
    days = env.integer(
        "REPRISE_CERTIFICATE_DAYS", 365, "Days after which a certificate is stale.", least=1, most=36_500
    )
    path = env.text(
        "REPRISE_ISSUER_KEY_PATH",
        "",
        "File of the Ed25519 key (PEM) that signs certificates; made and kept in the data directory when empty.",
    )
    if path and not path.startswith("/"):
        raise ImproperlyConfigured("REPRISE_ISSUER_KEY_PATH must be an absolute path; see docs/settings.md.")
    return days, path
