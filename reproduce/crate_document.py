"""Write the Workflow Run RO-Crate of runs: what ran on what, what came out, what its comparison says. Pure: no Django.

RO-Crate 1.1 with the profiles Process Run Crate 0.5, Workflow Run Crate 0.5 and Workflow RO-Crate 1.0
(https://w3id.org/ro/wfrun/workflow/0.5). A run that failed is told as one (FailedActionStatus), never left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rocrate.model import ContextEntity, File  # type: ignore[import-untyped]  # it has no types
from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]  # as above

from reproduce.crate import README, Crate, CrateFile, CratePublication, CrateRun, is_portable
from reproduce.crate_data import PROV_TERMS, data_read, derivation
from reproduce.crate_words import (
    APPLICATION,
    JUPYTER,
    PARAMETER_PROFILE,
    PROFILES,
    TERMS,
    WORKFLOW_PROFILE,
    address_of,
    file_facts,
    image_parts,
    is_lock,
    kind_of,
    licence_words,
    moment_of,
    moment_text,
    one_or_many,
    run_words,
)
from reproduce.statement import strict_json
from reproduce.verdicts import MEANINGS


def crate_text(crate: Crate) -> str:
    """Return the metadata document, sorted, with a final line end. Raises ValueError for a crate without a run."""
    if not crate.runs:
        raise ValueError("a crate tells of at least one run")
    document = _Document(crate).write()
    return json.dumps(strict_json(document), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


class _Document:
    """Writes the graph: files first, then each run, and what they share."""

    def __init__(self, crate: Crate) -> None:
        self._said = crate
        self._crate = ROCrate(version="1.1")
        self._crate.metadata.extra_contexts.append(TERMS)
        self._files = {file.name: file for file in crate.files if is_portable(file.name)}
        self._party = self._add(
            crate.party.address,
            "Organization",
            name=crate.party.name,
            url=crate.party.address,
            description=crate.party.description,
        )
        self._comparator = self._add(
            f"{APPLICATION}#comparison",
            "SoftwareApplication",
            name="Reprise, its comparison of notebooks",
            url=APPLICATION,
            softwareVersion=crate.comparator,
        )

    def write(self) -> Mapping[str, Any]:
        """Return the whole document."""
        said, root = self._said, self._crate.root_dataset
        runs = [run for run in said.runs if run.published in self._files]
        notebooks = {run.published for run in runs}
        for name, file in self._files.items():
            if name not in notebooks:
                self._add_file(file, **({"about": self._crate.root_dataset} if name == README else {}))
        self._describe_root(len(said.files) - len(self._files))
        shared = [self._source(), *self._environment()]
        mentioned: list[Any] = []
        for number, run in enumerate(runs, start=1):
            workflow = self._workflow(number, run)
            if number == 1:
                root["mainEntity"] = workflow
            mentioned += [self._execution(number, run, workflow, shared), *self._judgement(number, run, workflow)]
        root["mentions"] = one_or_many(mentioned)
        return dict(self._crate.metadata.generate())

    def _add(self, identifier: str, kind: str | list[str], /, **properties: Any) -> Any:  # noqa: ANN401 - no types there
        given: dict[str, Any] = {name: value for name, value in properties.items() if value not in (None, "", [])}
        return self._crate.add(ContextEntity(self._crate, identifier, {"@type": kind, **given}))

    def _add_file(self, file: CrateFile, address: str = "", /, **properties: Any) -> Any:  # noqa: ANN401 - as above
        given = {**file_facts(file, self._said.made_at), **properties}
        place = {"source": address} if address else {"dest_path": file.name}
        return self._crate.add(File(self._crate, **place, properties=given))

    def _describe_root(self, left_out: int) -> None:
        said, root, metadata = self._said, self._crate.root_dataset, self._crate.metadata
        sentences = [
            "Notebooks run again by Reprise, and what its comparison with their published outputs says.",
            f"{left_out} files are left out, because their names cannot be unpacked everywhere." if left_out else "",
        ]
        metadata["conformsTo"] = [{"@id": metadata.profile}, {"@id": PROFILES[-1][0]}]
        root["conformsTo"] = [
            self._add(address, "CreativeWork", name=name, version=version) for address, name, version in PROFILES
        ]
        root["name"] = said.title
        root["description"] = " ".join(filter(None, sentences))
        root["datePublished"] = moment_text(said.made_at)
        root["author"] = root["publisher"] = self._party
        licence = said.publication.licence if said.publication else ""
        root["license"] = self._add(
            "#licence", "CreativeWork", name="Terms of the authors", description=licence_words(licence)
        )
        if said.publication is not None:
            root["citation"] = self._publication(said.publication)

    def _publication(self, said: CratePublication) -> Any:  # noqa: ANN401 - no types there
        creators = [
            self._add(
                f"https://orcid.org/{one['orcid']}" if one.get("orcid") else f"#creator-{number}",
                "Person",
                name=one.get("name") or " ".join(filter(None, (one.get("given"), one.get("family")))) or "unnamed",
            )
            for number, one in enumerate(said.creators, start=1)
        ]
        return self._add(
            f"https://doi.org/{said.doi}",
            "ScholarlyArticle",
            name=said.title,
            identifier=f"https://doi.org/{said.doi}",
            creator=one_or_many(creators),
            license=said.licence,
        )

    def _source(self) -> Any:  # noqa: ANN401 - no types there
        said = self._said
        return self._add(
            said.swhid or "#source",
            "CreativeWork",
            name=f"The repository as it was run: {said.source}",
            version=said.commit or said.swhid or "not known",
            identifier=said.swhid,
            url=address_of(said.source),
        )

    def _environment(self) -> list[Any]:
        """The lock among the files, and the image where the environment is one that can be named by its digest."""
        said = self._said.environment or {}
        found = [self._crate.get(file.name) for file in self._files.values() if is_lock(file.name)]
        facts = [(name, said[name]) for name in ("engine", "python", "as_of", "lock_sha256") if said.get(name)]
        digest = (said.get("details") or {}).get("digest")
        facts += [("image_digest", digest)] if digest else []
        for name, value in facts:
            found.append(self._add(f"#environment-{name}", "PropertyValue", name=name, value=str(value)))
        return [one for one in found if one is not None]

    def _image(self) -> Any:  # noqa: ANN401 - no types there
        """The image of a registry in which it ran; one that was built here, or given as a file, is in none."""
        details = (self._said.environment or {}).get("details") or {}
        named = image_parts(str(details.get("image", "")), str(details.get("digest", "")))
        if named is None:
            return None
        kind = {"@id": "https://w3id.org/ro/terms/workflow-run#DockerImage"}
        return self._add("#image", "ContainerImage", additionalType=kind, **named)

    def _workflow(self, number: int, run: CrateRun) -> Any:  # noqa: ANN401 - no types there
        said = self._said
        inputs = [
            self._add(
                f"#notebook-{number}-parameter-{place}",
                "FormalParameter",
                name=name,
                additionalType=kind_of(value),
                conformsTo={"@id": PARAMETER_PROFILE},
            )
            for place, (name, value) in enumerate(run.parameters.items(), start=1)
        ]
        workflow = self._add_file(
            self._files[run.published],
            run.published_at,
            **{"@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"]},
            name=run.notebook,
            version=said.commit or said.swhid or "not known",
            url=address_of(said.source),
            conformsTo={"@id": WORKFLOW_PROFILE},
            programmingLanguage=self._add(
                JUPYTER, "ComputerLanguage", name="Jupyter Notebook", url="https://jupyter.org/"
            ),
            isPartOf={"@id": said.swhid or "#source"},
            **({"input": one_or_many(inputs)} if inputs else {}),
        )
        if run.published_at:
            self._add_file(self._files[run.published], sameAs=workflow)
        return workflow

    def _execution(self, number: int, run: CrateRun, workflow: Any, shared: list[Any]) -> Any:  # noqa: ANN401
        """The run of the notebook: its instrument is the notebook as it was published."""
        results = self._entities(run.left) or self._entities(run.compared)
        if run.derived_from is not None:
            self._crate.metadata.extra_terms |= PROV_TERMS
            sources = derivation(self._add, number, run.derived_from)
            self._crate.root_dataset["isBasedOn"] = one_or_many(sources)
            for one in results:
                one["wasDerivedFrom"] = one_or_many([*sources, workflow])
        failure = None if run.is_completed else (run.cause or {}).get("message", "It ended short.")
        return self._add(
            f"#run-{number}",
            "CreateAction",
            name=f"Run of {run.notebook}",
            description=run_words(run),
            instrument=workflow,
            object=one_or_many([*shared, *self._parameters(number, run), *data_read(self._add, number, run)]),
            result=one_or_many(results),
            startTime=moment_of(run.started_at),
            endTime=moment_of(run.ended_at) or moment_text(self._said.made_at),
            agent=self._party,
            containerImage=self._image(),
            actionStatus=f"http://schema.org/{'Completed' if run.is_completed else 'Failed'}ActionStatus",
            error=failure,
        )

    def _judgement(self, number: int, run: CrateRun, workflow: Any) -> list[Any]:  # noqa: ANN401 - no types there
        """The comparison and the verdict; without what it left there was none, and without a verdict no review."""
        made = self._entities(run.compared)
        if not made or not run.is_completed:
            return self._review(number, run, workflow)
        comparison = self._add(
            f"#comparison-{number}",
            "CreateAction",
            name=f"Comparison of {run.notebook} with its published outputs",
            description="The outputs stored in the published notebook were compared with those of the run.",
            instrument=self._comparator,
            object=one_or_many([workflow, *self._entities(run.left)]),
            result=one_or_many(made),
            endTime=moment_text(self._said.made_at),
            agent=self._party,
            actionStatus="http://schema.org/CompletedActionStatus",
        )
        return [comparison, *self._review(number, run, workflow)]

    def _review(self, number: int, run: CrateRun, workflow: Any) -> list[Any]:  # noqa: ANN401 - no types there
        if run.verdict is None:
            return []
        meaning = MEANINGS[run.verdict]
        said = {"name": f"Verdict: {run.verdict}", "ratingValue": run.verdict, "ratingExplanation": meaning}
        rating = self._add(f"#rating-{number}", "Rating", **said)
        why = f" {run.cause['message']}" if run.cause else ""
        return [
            self._add(
                f"#verdict-{number}",
                "Review",
                name=f"Verdict on {run.notebook}: {run.verdict}",
                itemReviewed=workflow,
                reviewAspect="whether the outputs stored in the notebook come out again",
                reviewBody=f"{meaning}{why} It says nothing of whether the work is right.",
                reviewRating=rating,
                author=self._party,
                datePublished=moment_text(self._said.made_at),
            )
        ]

    def _parameters(self, number: int, run: CrateRun) -> list[Any]:
        found = []
        for place, (name, value) in enumerate(run.parameters.items(), start=1):
            formal = self._crate.get(f"#notebook-{number}-parameter-{place}")
            plain = value if isinstance(value, str | int | float | bool) else json.dumps(strict_json(value))
            one = self._add(
                f"#notebook-{number}-value-{place}", "PropertyValue", name=name, value=plain, exampleOfWork=formal
            )
            formal["workExample"] = one
            found.append(one)
        return found

    def _entities(self, names: Iterable[str]) -> list[Any]:
        found = [self._crate.get(File(self._crate, dest_path=name).id) for name in names if name in self._files]
        return [one for one in found if one is not None]
