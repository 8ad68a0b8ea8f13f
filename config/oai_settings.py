"""How the catalogue names itself to harvesters, and how much it gives them at once."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from catalog.exposure.oai.identifiers import is_domain
from config.env import Environment


def read_oai_settings(env: Environment) -> tuple[str, str, int, int]:
    """Return the catalogue's name, the domain of its identifiers, the size of a page, and the lists read at once."""
    name = env.text("REPRISE_NAME", "Reprise", "What this catalogue is called.")
    domain = env.text(
        "REPRISE_OAI_DOMAIN",
        "",
        "Domain in the identifiers of records, which outlive addresses; that of REPRISE_URL when empty.",
    )
    if domain and not is_domain(domain):
        raise ImproperlyConfigured("REPRISE_OAI_DOMAIN must be a domain such as example.org; see docs/settings.md.")
    page = env.integer("REPRISE_OAI_PAGE", 500, "Records on a page of OAI-PMH.", least=1, most=1000)
    lists = env.integer("REPRISE_OAI_LISTS", 4, "Pages of OAI-PMH that a web process makes at once.", least=1, most=256)
    return name, domain, page, lists
