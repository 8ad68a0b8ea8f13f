"""The people of the tests, and a paper of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from builder.models import Snapshot
from catalog.audit import SERVICE
from catalog.groups import make_group, set_member
from catalog.models import ExperimentGroup, Facility, Publication, Repository, Target, Technique
from catalog.roles import AUTHOR, CURATOR, READER, grant
from catalog.search_index import index_publication

PASSWORD: Final = "a good long password"
DOI: Final = "10.5072/silica"
DRAFT_DOI: Final = "10.5072/draft"
EMBARGOED_DOI: Final = "10.5072/embargoed"
COMMIT: Final = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class People:
    """The owner of the papers, a curator, a reader, and a stranger who is an author of other papers."""

    owner: User
    curator: User
    reader: User
    stranger: User

    def named(self, persona: str) -> User | None:
        """Return the account of a persona; nobody for `anonymous`."""
        return None if persona == "anonymous" else getattr(self, persona)


def make_people() -> People:
    """Create everybody, each with the role their name says."""
    people = People(*(User.objects.create_user(name, password=PASSWORD) for name in ("olga", "curt", "rita", "stan")))
    grant(people.owner, AUTHOR)
    grant(people.curator, CURATOR)
    grant(people.reader, READER)
    grant(people.stranger, AUTHOR)
    return people


def make_embargoed(owner: User) -> Publication:
    """Create the same paper under embargo until 2030, in a group with a member named mary and a manager named max."""
    publication = make_publication(owner, doi=EMBARGOED_DOI, is_published=False)
    Publication.objects.filter(pk=publication.pk).update(
        state=Publication.State.EMBARGOED,
        embargo_until=date(2030, 1, 1),
        state_changed_at=datetime(2029, 1, 1, tzinfo=UTC),
    )
    publication.refresh_from_db()
    make_experiment(publication)
    return publication


def make_experiment(publication: Publication) -> ExperimentGroup:
    """Create a group that the publication belongs to, with its member mary and its manager max, who are readers."""
    for name in ("mary", "max"):
        grant(User.objects.create_user(name, password=PASSWORD), READER)
    group = make_group(name="Proposal 1234", manager=User.objects.get(username="max"), by=SERVICE)
    set_member(group, username="mary", is_manager=False, by=SERVICE)
    group.publications.add(publication)
    return group


def api_client(user: User | None) -> APIClient:
    """Return a client of the API that acts for `user`, or for nobody, and raises no error of the service."""
    client = APIClient(raise_request_exception=False)
    if user is not None:
        client.force_authenticate(user)
    return client


def make_publication(owner: User, *, doi: str = DOI, is_published: bool = True) -> Publication:
    """Create a paper with a repository, a fetched snapshot, two confirmed targets and one that is only proposed."""
    facility, _ = Facility.objects.get_or_create(
        slug="example-source", defaults={"name": "Example Source", "homepage": "https://example.org/"}
    )
    technique, _ = Technique.objects.get_or_create(
        panet_id="PaNET01189", defaults={"name": "small angle neutron scattering"}
    )
    publication = Publication.objects.create(
        doi=doi,
        title="Silica spheres",
        creators=[{"name": "Olga Olsson", "orcid": "0000-0002-1825-0097"}],
        published_on=date(2020, 5, 1),
        venue="Journal of Examples",
        facility=facility,
        owner=owner,
        state=Publication.State.PUBLISHED if is_published else Publication.State.DRAFT,
    )
    publication.techniques.add(technique)
    repository = Repository.objects.create(publication=publication, url="https://git.example.org/olga/silica.git")
    make_snapshot(repository)
    for position, label in enumerate(("Figure 1", "Figure 2", "Figure 3")):
        Target.objects.create(
            publication=publication,
            repository=repository,
            label=label,
            slug=label.lower().replace(" ", "-"),
            notebook=f"notebooks/figure-{position + 1}.ipynb",
            state=Target.State.PROPOSED if label == "Figure 3" else Target.State.CONFIRMED,
            position=position,
        )
    index_publication(publication)
    return publication


def make_snapshot(repository: Repository, *, commit: str = COMMIT) -> Snapshot:
    """Create a fetched snapshot of `repository`; its files are on no disk."""
    return Snapshot.objects.create(
        repository=repository,
        state=Snapshot.State.READY,
        commit=commit,
        committed_at=datetime(2020, 4, 1, tzinfo=UTC),
        swhid=f"swh:1:dir:{commit}",
        path=f"/nowhere/{commit}",
        notebooks=[],
    )
