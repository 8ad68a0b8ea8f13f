"""What an installation holds while its API is tried: a row of everything, and a token for each scope."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils import timezone

from catalog.audit import SERVICE
from catalog.expose import expose_publication
from catalog.groups import make_group, set_member
from catalog.models import ApiToken, AuditEntry, Dataset, Publication
from catalog.review_links import issue_link
from catalog.tokens import make_token
from config.installation import prepare_installation
from reproduce.models import Run
from reproduce.queue import request_run
from reproduce.watches import watch
from tests.evidence import certify, make_environment, prove
from tests.personas import DRAFT_DOI, make_embargoed, make_people, make_publication

# Name of the token, whose it is, and what it may do.
TOKENS: Final = {
    "read": ("reader", ["read"]),
    "run": ("reader", ["read", "run"]),
    "edit": ("owner", ["read", "edit"]),
    "all": ("curator", list(ApiToken.Scope.values)),
}


# Every place that metadata come from is a port that nobody listens on.
SETTINGS: Final = {
    **{
        f"REPRISE_{name}_URL": "http://127.0.0.1:9"
        for name in ("DOI", "CROSSREF", "DATACITE", "ZENODO", "FIGSHARE", "SOFTWARE_HERITAGE", "GITHUB_API")
    },
    "REPRISE_API_RATE": "1000000/hour",
    "REPRISE_ANONYMOUS_RATE": "1000000/hour",
}


def fill() -> dict[str, dict[str, Any]]:
    """Make papers in every state with all that belongs to them; return a token for each scope, and a key of each."""
    prepare_installation()
    people = make_people()
    public = make_publication(people.owner)
    make_publication(people.owner, doi=DRAFT_DOI, is_published=False)
    make_embargoed(people.owner)
    _describe(public)
    target = public.targets.get(slug="figure-1")
    snapshot = public.repositories.get().snapshots.get()
    environment = make_environment(snapshot)
    run = prove(
        target, verdict="failed", cause={"id": "module-missing", "fault": "author", "message": "M", "hint": "H"}
    )
    certificate = certify(public.targets.get(slug="figure-2"))
    request_run(target, reason=Run.Reason.CLICK, requested_by=None)
    watching = watch(target, every_days=30)
    group = make_group(name="Proposal 5678", manager=people.curator, by=SERVICE)
    set_member(group, username="rita", is_manager=False, by=SERVICE)
    expose_publication(public)
    link, _ = issue_link(
        public, name="R", days=30, further=[], scan={}, now=timezone.now(), issued_by=people.owner, by=SERVICE
    )
    tokens = {name: _token(getattr(people, who), name, scopes) for name, (who, scopes) in TOKENS.items()}
    rows = {
        "publications": public,
        "repositories": public.repositories.get(),
        "snapshots": snapshot,
        "targets": target,
        "runs": run,
        "environments": environment,
        "builds": environment.builds.get(),
        "certificates": certificate,
        "watches": watching,
        "datasets": public.datasets.get(),
        "groups": group,
        "techniques": public.techniques.get(),
        "audit": AuditEntry.objects.earliest("pk"),
    }
    keys = {name: row.pk if isinstance(row.pk, int) else str(row.pk) for name, row in rows.items()}
    numbers = {"facilities": "example-source", "review-links": link.pk}
    return {"tokens": tokens, "keys": {**keys, **numbers}}


def _token(user: User, name: str, scopes: list[str]) -> str:
    return make_token(user, name=name, scopes=scopes, days=30, now=timezone.now(), by=SERVICE)[1]


def _describe(publication: Publication) -> None:
    publication.abstract = "Spheres of silica, measured and fitted."
    publication.subjects = [{"text": "silica"}]
    publication.funding = [{"funder": "Example Council", "award": "12"}]
    publication.save(update_fields=["abstract", "subjects", "funding"])
    dataset = Dataset.objects.create(
        doi="10.5072/silica-data",
        title="Raw data",
        published_on=date(2020, 4, 1),
        access="open",
        files=[{"path": "a.dat", "size_bytes": 12, "md5": "0" * 32, "url": "https://data.example.org/a.dat"}],
        creators=[{"name": "Olga Olsson", "affiliations": [{"name": "Example Source"}]}],
    )
    publication.datasets.add(dataset)
