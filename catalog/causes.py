"""One catalogue of causes: why a verdict is not good, whose fault it is, and what can be done.

Every bad verdict, refused input and "no verdict" names one of these by its stable id. The ids are part of the
public interface (JSON, API, metadata): they are never renamed or reused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Self

from catalog.cause_kinds import Fault, Kind
from catalog.deposit_causes import DEPOSIT_KINDS
from catalog.login_causes import LOGIN_KINDS
from catalog.preview_causes import PREVIEW_KINDS

__all__ = ["CATALOGUE", "FAULT_WORDS", "Cause", "CausedError", "Fault", "Kind", "cause"]

FAULT_WORDS: Final[dict[Fault, str]] = {
    "author": "the repository",
    "upstream": "a host beyond this service",
    "operator": "how this service is set up",
    "service": "this service",
    "visitor": "the request",
}

_EVIDENCE_CHARACTERS: Final = 300
_CREDENTIALS: Final = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Cause:
    """One occurrence of a Kind, with its texts filled in.

    `evidence` is the very line that it rests on, of a cell, a traceback, a log or a comparison; empty where there is
    none.
    """

    id: str
    fault: Fault
    message: str
    hint: str
    evidence: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the fields under the names that the public JSON uses; `evidence` only where there is any."""
        said = {"id": self.id, "fault": self.fault, "message": self.message, "hint": self.hint}
        return {**said, "evidence": self.evidence} if self.evidence else said


class _Blank(dict[str, str]):
    """Leaves an unknown field visible instead of raising: a poor message must not hide the cause."""

    def __missing__(self, key: str) -> str:
        return f"({key} unknown)"


def cause(kind_id: str, **data: object) -> Cause:
    """Fill in the texts of the catalogue entry `kind_id`.

    Raises KeyError when the catalogue has no such id, because an unlisted cause is a programming error.
    """
    kind = CATALOGUE[kind_id]
    texts = _Blank({name: str(value) for name, value in data.items()})
    return Cause(kind.id, kind.fault, kind.message.format_map(texts), kind.hint.format_map(texts))


class CausedError(Exception):
    """Base of every domain error: carries its Cause and survives pickling."""

    def __init__(self, kind_id: str, **data: object) -> None:
        self.kind_id = kind_id
        self.data = {name: str(value) for name, value in data.items()}
        self.cause = cause(kind_id, **data)
        super().__init__(self.cause.message)

    def seen_in(self, line: str) -> Self:
        """Name the line that the cause rests on, unless it names one already; return the error itself.

        It is put on one line, cut where it is long, without what an address may carry before its @.
        """
        if not self.cause.evidence:
            self.cause = replace(self.cause, evidence=_one_line(line))
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.kind_id, self.data, self.cause.evidence))


def _rebuild(kind: type[CausedError], kind_id: str, data: dict[str, str], evidence: str) -> CausedError:
    return kind(kind_id, **data).seen_in(evidence)


def _one_line(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: 20 * _EVIDENCE_CHARACTERS])
    line = _CREDENTIALS.sub("//…@", " ".join(shown.split()))
    return line if len(line) <= _EVIDENCE_CHARACTERS else line[: _EVIDENCE_CHARACTERS - 1] + "…"


# One entry a line, so that the catalogue reads as a table.
# fmt: off
_KINDS: Final = (
    # What a visitor typed
    Kind("doi-malformed", "visitor", "“{doi}” is not a DOI.", "A DOI starts with 10. and a registrant number, for example 10.1063/1.4962726."),
    Kind("doi-unknown", "visitor", "No registration agency knows the DOI {doi}.", "Check it for typing errors, or give title and authors by hand if it is not yet registered."),
    Kind("doi-taken", "visitor", "{doi} is registered here already.", "Open its page, or ask its author or a curator to add your repository."),
    Kind("metadata-unreachable", "upstream", "The metadata of {doi} cannot be fetched now: {reason}", "Give title, authors and year by hand; they can be refreshed later."),
    Kind("reference-malformed", "visitor", "“{reference}” is neither a DOI, a SWHID, an OAI identifier nor a web address.", "Give the DOI of the paper or of its data, or the address of the repository."),
    Kind("reference-unsupported", "visitor", "No source of metadata knows addresses such as {reference}.", "Give a DOI, a SWHID, or the address of a repository at GitHub, GitLab, Codeberg, Zenodo, Figshare or Dataverse."),
    Kind("reference-unknown", "visitor", "{host} does not know {reference}.", "Check it for typing errors; what is not public cannot be looked up."),
    Kind("source-malformed", "visitor", "“{source}” is not a repository that can be fetched: {reason}", "Give an https:// or ssh:// git address, optionally with @ and a branch, tag or commit."),
    Kind("source-scheme", "visitor", "Addresses of the kind “{scheme}” are not fetched.", "Give an https:// or ssh:// git address."),
    Kind("source-private", "visitor", "{host} is not a public address.", "Publish the repository on a host that reviewers can reach."),
    Kind("orcid-malformed", "visitor", "“{orcid}” is not an ORCID iD.", "An ORCID iD is four groups of four, for example 0000-0002-1825-0097; its last sign is a checksum, so look for a typing error."),
    Kind("ror-malformed", "visitor", "“{ror}” is not a ROR id.", "A ROR id looks like https://ror.org/01zy2cs03; its last two digits are a checksum, so look for a typing error."),
    Kind("technique-malformed", "visitor", "“{technique}” is not a PaNET technique.", "Give its id, for example PaNET01168."),
    Kind("technique-unknown", "visitor", "“{technique}” is no technique of this catalogue.", "Search for it by its name and choose one of the techniques found."),
    Kind("pid-malformed", "visitor", "“{pid}” is neither a DOI nor a web address.", "Give a DOI or a web address, or leave it empty."),
    Kind("ontology-unreadable", "operator", "The file cannot be read as the ontology of techniques: {reason}.", "Give the CSV that the ontology is made of or the one that BioPortal exports, whole and in UTF-8."),
    Kind("address-refused", "visitor", "{address} is not fetched: {reason}", "Give an https:// address on a public host."),
    Kind("address-unreachable", "upstream", "{host} does not answer as it should: {reason}", "Try again later."),
    Kind("host-malformed", "visitor", "“{host}” is not a host that a notebook can be allowed to reach.", "Give a name such as data.example.org, data.example.org:8443 or *.example.org, at most 20 of them; addresses made of numbers are not taken."),
    Kind("host-not-permitted", "operator", "Notebooks may not reach {host} at this service.", "Put the data into the repository or link it as a dataset, or ask the operator to add the host to REPRISE_RUN_HOSTS."),
    Kind("answer-too-large", "upstream", "The answer of {host} is larger than the {limit} that are accepted.", "Tell the operator if it should be accepted."),
    Kind("doi-not-in-catalogue", "visitor", "The catalogue has no publication with the DOI {doi}.", "Give the repository's address or directory instead, or register the publication first."),
    Kind("no-targets", "visitor", "{doi} has no confirmed target yet, so there is nothing to publish.", "Confirm at least one figure, table, number or statement."),
    Kind("searches-full", "visitor", "You keep {most} searches already.", "Forget one of them first."),
    Kind("parameter-refused", "visitor", "“{name}” cannot be set to that: {reason}", "Give a value of the same kind as the notebook's own, for a name that the notebook assigns once."),
    Kind("parameters-unchanged", "visitor", "All values are those of the notebook.", "Change at least one value; to run the notebook as it was published, reproduce the target."),
    Kind("runs-throttled", "visitor", "Too many runs were asked for from your address.", "Try again in {wait}, or log in: accounts have no such limit."),
    Kind("nothing-to-repair", "visitor", "Nothing that could be declared is known to mend this.", "Look at the cause on record: a repair is tried where a package, a version or a Python could mend it."),
    # Repository
    Kind("repository-missing", "upstream", "There is no repository at {source}, or it is not public.", "Check the address in a private browser window; publish the repository or register its new address."),
    Kind("repository-unreachable", "upstream", "{source} does not answer: {reason}", "Try again later. If the host is gone for good, register an archived copy."),
    Kind("repository-ref-missing", "author", "{source} has no branch, tag or commit “{ref}”.", "Name one that exists, best a full commit or a tag."),
    Kind("repository-empty", "author", "{source} holds no files.", "Push the notebooks, then try again."),
    Kind("repository-too-large", "author", "{source} is larger than the {limit} that this service fetches.", "Keep large data outside the repository, in a data repository with a DOI, or ask the operator to raise the limit."),
    Kind("repository-too-slow", "upstream", "Fetching {source} took longer than {limit}.", "Try again later, or use a smaller or archived copy."),
    Kind("repository-hostile", "author", "{source} holds something that is not accepted: {reason}", "Remove it from the repository."),
    Kind("repository-changed", "upstream", "The content of {source} at {commit} is not what it was.", "Restore the commit that the paper rests on, or register the new one as another version."),
    Kind("directory-missing", "visitor", "There is no directory {source}.", "Give a directory that exists, a git address or a DOI."),
    # Notebooks
    Kind("no-notebooks", "author", "No notebook was found in {source}.", "Add the .ipynb files behind the figures to the repository, with their outputs."),
    Kind("notebook-missing", "author", "There is no notebook {path} in the repository.", "Correct the path of the target, or add the notebook."),
    Kind("notebook-not-json", "author", "{path} is not a notebook: {reason}", "Open it in Jupyter and save it again; conflict markers of git are a common reason."),
    Kind("notebook-invalid", "author", "{path} is not a valid notebook: {reason}", "Open it in Jupyter and save it again."),
    Kind("notebook-without-outputs", "author", "{path} holds no outputs, so there is nothing published to compare with.", "Run all cells, save the notebook with its outputs and push it."),
    Kind("notebook-without-kernel", "author", "{path} does not say which kernel it needs, and the language cannot be told.", "Open it in Jupyter, choose the kernel and save."),
    Kind("kernel-unknown", "author", "{path} needs the kernel “{kernel}” of language {language}, which the environment does not have.", "Choose a Python kernel, or declare the kernel in the environment."),
    Kind("notebook-too-large", "author", "{path} is larger than {limit}.", "Clear outputs that are not part of the result."),
    # Environment
    Kind("recipe-unreadable", "author", "{file} cannot be read: {reason}", "Correct the file; its format is documented by the tool that reads it."),
    Kind("requirement-invalid", "author", "“{requirement}” in {file} is not a requirement: {reason}", "Write it as NAME, NAME==VERSION or as PEP 508 says."),
    Kind("requirement-forbidden", "author", "“{requirement}” in {file} is not accepted: {reason}", "Name a released version from the package index."),
    Kind("requirement-not-found", "author", "No package index has “{requirement}” as of {as_of}.", "Correct the name or the version, or give a later date."),
    Kind("requirements-conflict", "author", "The requirements cannot be met together as of {as_of}: {reason}", "Relax one of the versions named here."),
    Kind("python-unavailable", "operator", "No Python {python} can be had here; at hand: {available}.", "Install that Python, allow the nearest one, or use an engine that brings its own."),
    Kind("package-build-failed", "author", "{package} could not be built: {reason}", "Name a version that has a wheel for Python {python}."),
    Kind("index-unreachable", "upstream", "The package index does not answer: {reason}", "Try again later; the operator can name a mirror in REPRISE_INDEX_URL."),
    Kind("hash-mismatch", "upstream", "{package} is not the file that was locked: its checksum differs.", "Ask the operator to clear the package cache; if it stays so, the release was replaced at the index."),
    Kind("kernel-broken", "author", "The kernel of the finished environment does not work: {reason}", "Pin versions of ipykernel and of what it needs (pyzmq, tornado, traitlets, IPython) that work together, or leave them out: they are then chosen as of the date."),
    Kind("environment-removed", "service", "The environment was removed before the notebook could run in it.", "Nothing needs to change in the notebook. Start again: it is made anew from its lock."),
    Kind("kernel-chosen-broken", "upstream", "The kernel that was chosen as of {as_of} does not work: {reason}", "Nothing in the repository is wrong. Pin a version of ipykernel that works with Python {python}, or give a later date."),
    Kind("build-timeout", "author", "The environment was not ready after {limit}.", "Pin versions that have wheels, or ask the operator to raise the limit."),
    Kind("container-engine-missing", "operator", "This installation has no container engine, which {file} needs.", "Install Docker or Podman and set REPRISE_CONTAINER_ENGINE."),
    Kind("container-engine-unreachable", "operator", "The container engine does not answer: {reason}", "Start the engine, and let this service use its socket (REPRISE_CONTAINER_HOST)."),
    Kind("registry-unreachable", "upstream", "The registry of {image} does not answer: {reason}", "Try again later."),
    Kind("image-not-found", "author", "There is no image {image}, or it is not public.", "Correct the name, the tag or the digest, or publish the image."),
    Kind("image-forbidden", "author", "The image {image} is not taken: {reason}", "Name an image of a registry that is allowed here, or ask the operator to allow this one."),
    Kind("image-build-failed", "author", "The image could not be built: {step} ended with: {reason}", "Build the repository with repo2docker on your own machine and correct that step."),
    Kind("kernel-missing-in-image", "author", "The image has no kernel for {language}; its kernels: {found}.", "Install a kernel in the image: ipykernel for Python, IRkernel for R, IJulia for Julia."),
    Kind("image-too-large", "author", "The container image is larger than the {limit} that this service unpacks.", "Leave out what the notebooks do not need, or ask the operator to raise the limit."),
    Kind("image-refused", "author", "The container image is not accepted: {reason}", "Build it again with Docker, Podman or Buildah; an image that they made is accepted."),
    Kind("image-lost", "service", "The unpacked image {digest} is not here any more.", "Nothing needs to change in the repository. Build the environment again."),
    Kind("release-vanished", "upstream", "{package} is no longer at the package index: {reason}", "The lock is kept. Rebuild where the file is still cached, name a mirror that has it in REPRISE_INDEX_URL, or resolve again without that release."),
    Kind("build-tools-missing", "operator", "{package} has to be built, and {tool} is not on this machine.", "Name a version that has a wheel for Python {python}, ask the operator to install {tool}, or use an engine that brings it."),
    Kind("build-out-of-memory", "author", "Building the environment needed more than {limit} of memory.", "Name versions that have wheels, or ask the operator to raise REPRISE_BUILD_MEMORY."),
    Kind("build-out-of-disk", "author", "Building the environment wrote more than {limit}.", "Name versions that have wheels, or ask the operator to raise REPRISE_BUILD_DISK."),
    Kind("build-out-of-processes", "author", "Building the environment started more than {limit} processes.", "Name versions that have wheels."),
    Kind("build-out-of-output", "author", "Building the environment printed more than {limit}.", "Name versions that have wheels, or ask the operator to raise REPRISE_BUILD_OUTPUT."),
    Kind("given-not-offered", "visitor", "This service gives no environment “{name}”; it gives: {known}.", "Choose one of these, or ask the operator to name it in REPRISE_GIVEN_PREFIXES."),
    Kind("given-unknown", "operator", "This service gives no environment “{name}”; it gives: {known}.", "Choose another environment for the target, or ask the operator to name it in REPRISE_GIVEN_PREFIXES."),
    Kind("given-unusable", "operator", "The environment {name}, which is given here, cannot be used: {reason}.", "Nothing in the repository is wrong. The operator must mend it, or name another one in its place; then start again."),
    Kind("given-changed", "operator", "The environment {name}, which is given here, is no longer what it was.", "It cannot be made again here: whoever keeps it must restore it. Start again: a new run uses it as it is now, and says so."),
    Kind("sif-program-missing", "operator", "A SIF cannot be made here: Apptainer is not installed.", "Install Apptainer on this machine, or take the archive of the image: Apptainer makes a SIF of it elsewhere."),
    Kind("sif-failed", "service", "The SIF could not be made: {reason}", "Nothing needs to change in the repository. Tell the operator if it stays so."),
    Kind("minting-account", "operator", "DataCite does not let this service make its DOIs: {reason}", "Check REPRISE_MINT_ACCOUNT, REPRISE_MINT_PASSWORD_FILE and REPRISE_MINT_PREFIX, and that the account is one of REPRISE_MINT_URL."),
    Kind("minting-refused", "service", "DataCite refuses the metadata of a DOI: {reason}", "Tell the developers; the DOI is tried again with every change of its record."),
    Kind("minting-unreachable", "upstream", "DataCite cannot be reached, or gives no answer that can be read: {reason}", "Nothing needs to be done: it is tried again."),
    *DEPOSIT_KINDS,
    Kind("launch-template", "visitor", "That is no template of a launch site: {reason}.", "Write an https address with names in braces, such as binder and notebook; docs/launch-sites.md lists them with examples."),
    # Data beside the run
    Kind("data-place-invalid", "visitor", "“{at}” cannot be where data are shown: {reason}.", "Name a path of the repository, an absolute path below an allowed place, or a variable such as $DATA_DIR."),
    Kind("output-pattern-invalid", "visitor", "“{pattern}” is not the path of an output file.", "Name it relative to the repository, as out/table.csv or out/*.csv, at most fifty of them."),
    Kind("dataset-unrelated", "visitor", "Neither {dataset} nor {doi} says in its record that they belong together.", "Leave it out and ask a curator to link it, or have the relation added to the record of the dataset."),
    Kind("dataset-unknown", "visitor", "The catalogue has no dataset {dataset}.", "Check it for typing errors, or register the publication that it belongs to."),
    Kind("template-refused", "visitor", "The notebook is not offered so: {reason}.", "A template is a confirmed target with at least one technique, and with endings of files such as .h5; it suits data of these techniques and of narrower ones."),
    Kind("template-takes-nothing", "author", "{path} names no file of data that another could take the place of.", "Assign the file's name once at the top of a cell, such as filename = \"scan.h5\", or say which data the target reads."),
    Kind("template-no-file", "visitor", "The dataset lists no file that the notebook takes, which is one that ends in {endings}.", "Choose another template. Where the list of the dataset's files is not complete, look its details up again."),
    Kind("template-file-refused", "visitor", "“{file}” cannot be put in the place of {name}: {reason}.", "Choose one of the files that are listed for it."),
    Kind("template-network", "visitor", "{target} may reach the network, and data that are not open must stay here.", "Choose a template that needs no network, or wait until the data are open."),
    Kind("dataset-not-linked", "visitor", "{dataset} is not a dataset of this publication.", "Name a dataset that the publication's metadata link to it, or ask a curator to link it."),
    Kind("data-place-taken", "author", "Data cannot be shown where the notebook expects them: {reason}.", "Leave the place empty in the repository, or keep only pointer files (Git LFS, git-annex) there; or name another place for the target."),
    Kind("data-not-here", "operator", "The data are not on this machine: {reason}.", "The operator says where they lie with manage.py data add; then start again."),
    *PREVIEW_KINDS,
    Kind("data-missing", "upstream", "Data are gone: {reason}.", "Whoever keeps the data must put the file back, or correct the list of the dataset's files."),
    Kind("data-changed", "upstream", "Data are not what they were: {reason}.", "Whoever keeps the data must restore what was published. Where the list of the dataset's files is wrong, correct it."),
    # Execution: the notebook's own doing
    Kind("cell-raised", "author", "Cell {cell} raised {ename}: {evalue}", "Run the notebook from a fresh kernel, top to bottom; the traceback is in the evidence."),
    Kind("module-missing", "author", "Cell {cell} needs the module {module}, which the environment does not have.", "Add the package that brings {module} to requirements.txt."),
    Kind("api-removed", "author", "Cell {cell} uses {name}, which {package} {since} removed; here is {package} {version}.", "Use {instead}, or ask for {package}<{since} in the requirements."),
    Kind("api-not-yet", "author", "Cell {cell} uses {name}, which {package} has since {since}; here is {package} {version}.", "Ask for {package}>={since}; where the packages are resolved as of a date, give a later one."),
    Kind("api-changed", "author", "Cell {cell} calls {name} in a way that {package} {version} does not take{since}.", "Ask for the version of {package} that the notebook was written with, or write the call as this version takes it."),
    Kind("name-missing", "author", "Cell {cell} needs {name} of {module}, which has no such name in the version here{version}.", "Ask for the version of {module} that the notebook was written with, or use the name that it has now."),
    Kind("python-2-code", "author", "Cell {cell} is written for Python 2 ({what}), and ran on Python {python}.", "Declare Python 2.7 (runtime.txt: python-2.7), or change the code to Python 3."),
    Kind("python-too-new", "author", "Cell {cell} uses {name}, which Python {since} removed; here is Python {python}.", "Declare an older Python (runtime.txt, environment.yml), or use {instead}."),
    Kind("python-too-old", "author", "Cell {cell} uses {name}, which Python has since {since}; here is Python {python}.", "Declare Python {since} or newer (runtime.txt, environment.yml)."),
    Kind("packages-incompatible", "author", "Cell {cell} met packages that do not work together: {reason}", "Pin versions that were released to work together, or leave the pins out: all are then chosen as of one date."),
    Kind("library-missing", "author", "Cell {cell} needs the system library {library}, which the environment does not have.", "Name its package in apt.txt, or use a package that brings it, such as a headless build."),
    Kind("program-missing", "author", "Cell {cell} needs the program {program}, which the environment does not have.", "Name its package in apt.txt or environment.yml, or do without it."),
    Kind("magic-missing", "author", "Cell {cell} uses {magic}, which no extension brings that was loaded.", "Load its extension in a cell (%load_ext) and declare the package that brings it."),
    Kind("input-needed", "author", "Cell {cell} asks its reader to type something, and nobody is there.", "Make it a parameter: a variable in a cell of its own."),
    Kind("display-needed", "author", "Cell {cell} wants to open a window, and there is no display.", "Use %matplotlib inline, or the backend Agg."),
    Kind("gpu-needed", "operator", "Cell {cell} needs a graphics processor, which it does not have here: {reason}", "Ask the operator for one, or let the notebook go on without."),
    Kind("credentials-needed", "author", "Cell {cell} needs credentials ({what}), which no reader has.", "Publish the data, or let the notebook read them from a copy that is linked as a dataset."),
    Kind("too-many-processes", "author", "Cell {cell} started more processes or threads than it may have.", "Start fewer, for example n_jobs=1."),
    Kind("not-writable", "author", "Cell {cell} writes to {file}, where it may not.", "Write below the notebook's own directory."),
    Kind("file-unreadable", "author", "Cell {cell} cannot read a file as what it should be: {reason}", "Look at the file: pointers of Git LFS, error pages saved as data and interrupted downloads are common."),
    Kind("cells-out-of-order", "author", "The cells were not run from top to bottom when the notebook was saved: {reason}", "Restart the kernel, run all cells, and save the notebook so."),
    Kind("never-run-completely", "author", "Not every cell had been run when the notebook was saved: {reason}", "Restart the kernel, run all cells, and save the notebook so; take out cells that are no part of the work."),
    Kind("name-undefined", "author", "Cell {cell} uses the name {name}, which no cell before it defines.", "The cell that defined it may be gone. Restart the kernel, run all cells, and add what is missing."),
    Kind("network-needed", "author", "Cell {cell} needs the network ({address}), which is not open to it here.", "Put the data into the repository or link it as a dataset; where that cannot be, name the host among those that the target may reach."),
    Kind("file-missing", "author", "Cell {cell} needs the file {file}, which the repository does not have.", "Add the file, or link the dataset that brings it."),
    Kind("cell-timeout", "author", "Cell {cell} ran longer than {limit}.", "Make it shorter, or raise the time limit of the target."),
    Kind("run-timeout", "author", "The notebook ran longer than {limit}.", "Split it, or raise the time limit of the target."),
    Kind("out-of-memory", "author", "Cell {cell} needed more than {limit} of memory.", "Work on slices of the data, or ask the operator for more."),
    Kind("out-of-disk", "author", "Cell {cell} wrote more than {limit}.", "Write less, or ask the operator for more scratch space."),
    Kind("out-of-output", "author", "Cell {cell} printed more than {limit}.", "Print a summary instead of everything."),
    Kind("kernel-died", "author", "The kernel died in cell {cell} ({reason}).", "Look for a crash in compiled code or a call of os._exit; the kernel's log is in the evidence."),
    Kind("kernel-not-started", "author", "The kernel did not start: {reason}", "Check that the versions of ipykernel and its requirements that the repository pins work together."),
    Kind("cancelled", "visitor", "The run was cancelled.", "Start it again."),
    # Comparison
    Kind("outputs-differ", "author", "{count} of {total} compared outputs differ.", "Look at the comparison. Where the environment is approximated, the difference may come from there; otherwise seed what is random, and declare a tolerance where a difference does not matter."),
    Kind("random-unseeded", "author", "{count} of {total} compared outputs differ, and they come from random numbers without a seed.", "Set a seed before the first random number, for example rng = numpy.random.default_rng(1), and save the notebook anew."),
    Kind("stale-outputs", "author", "{count} of {total} compared outputs differ, and what was published is older than the code above it.", "Restart the kernel, run all cells, and save the notebook so."),
    Kind("time-shown", "author", "{count} of {total} compared outputs differ, and they show a time of the run.", "Take the time out of the outputs, or mark these cells as not to be compared."),
    Kind("machine-shown", "author", "{count} of {total} compared outputs differ, and they show versions, places or facts of the machine.", "Mark these cells as not to be compared, or take this out of them."),
    Kind("numeric-drift-small", "author", "{count} of {total} compared outputs differ in their numbers alone, by no more than {most} of their value.", "Look whether the difference matters. If not, declare a tolerance for the target."),
    Kind("numeric-drift-large", "author", "{count} of {total} compared outputs differ in their numbers alone, by up to {most} of their value.", "Look at the comparison. Where the environment is approximated, the difference may come from there."),
    Kind("figures-alone-differ", "author", "{count} figures differ, while all {agreeing} other compared outputs agree.", "The renderer may be another one: look at the maps of the differences, and pin matplotlib and its fonts."),
    Kind("outputs-missing", "author", "{count} outputs that the publication shows were not produced.", "Check which cells ran, and that no cell depends on hidden state."),
    Kind("nothing-compared", "author", "The notebook ran, but none of its outputs could be compared.", "Save the notebook with its outputs, or name output files for the target."),
    Kind("figures-not-compared", "author", "{count} published figures could not be compared. {reason}", "Publish the notebook with its figures as PNG, JPEG or SVG of a moderate size, drawn the same each time."),
    Kind("unstable-outputs", "author", "{count} of {total} outputs come out otherwise each time the notebook is run, so that what was published cannot be confirmed. {reason}", "Set the seed of whatever draws random numbers, sort what comes in any order, leave out times and addresses, and publish the notebook anew."),
    Kind("unstable-run", "author", "The notebook ran to its end and, when it was run again, did not: {reason}", "Run the notebook several times from a fresh kernel; look for random numbers without a seed, threads, and files that it leaves or takes from elsewhere."),
    # The command line
    Kind("pattern-unmatched", "visitor", "No notebook of {source} matches “{pattern}”.", "Give a path or a pattern such as 'figures/*.ipynb', in quotes so that the shell leaves it alone."),
    Kind("publication-date-unknown", "visitor", "{source} names no publication whose date is known.", "Give the DOI of a publication of this installation's catalogue, or a date with --as-of."),
    Kind("lock-place-foreign", "visitor", "{path} holds other files, so no lock is written there.", "Name an empty or a new directory with --out, and bring the files into the repository with git apply."),
    Kind("evidence-foreign", "visitor", "{path} holds something else than evidence of an earlier run, so nothing is written there.", "Name an empty or a new directory with --out."),
    Kind("evidence-unwritable", "visitor", "{path} cannot be written: {reason}", "Name a place that you may write to."),
    # Access
    Kind("embargo-too-late", "visitor", "{doi} is public already.", "An embargo is for what nobody has seen. Withdraw it first if it must be."),
    Kind("embargo-out-of-range", "visitor", "An embargo until {until} cannot be.", "Name a day after today and not after {latest}."),
    Kind("group-name-taken", "visitor", "There is a group named “{name}” already.", "Choose another name, or ask its manager to add you."),
    Kind("group-needs-a-manager", "visitor", "“{name}” would be left without a manager.", "Make another member a manager first."),
    Kind("account-unknown", "visitor", "No account here is named “{name}”.", "Give the name that the person logs in with."),
    Kind("not-yours-to-attach", "visitor", "{doi} is not yours to give to a group.", "A publication is given by who may edit it, a dataset by who may edit every publication that rests on it; curators may give any."),
    Kind("review-not-looked-at", "visitor", "The leak scan found what is not masked by itself, {count} in all.", "Look at the list. Mend them or name words to mask, or confirm that they may be seen."),
    Kind("review-still-named", "service", "A name stays in {place} after masking, so no link was issued.", "Tell the operator; name the form that stays among the words to mask."),
    Kind("review-crate-named", "author", "A name stays in one of the files after masking, so they are not given as one.", "Tell who gave you the link: a new scan on the page “Blind review” shows where it stays, and the form can be named among the words to mask."),
    Kind("review-too-much", "author", "There is more to look through than a leak scan takes: {reason}", "Take large outputs out of the notebooks, and fetch the repository again."),
    *LOGIN_KINDS,
    # This service
    Kind("sandbox-missing", "operator", "There is no sandbox on this machine, so notebooks are not run.", "Install bubblewrap: apt-get install bubblewrap; or set up what REPRISE_CONFINEMENT names. Or allow unsandboxed runs, knowing that notebooks then act as you."),
    Kind("worker-lost", "service", "The run was interrupted {attempts} times by a fault of this service.", "Nothing needs to change in the notebook. Start the run again; tell the operator if it stays so."),
    Kind("resources-refused", "visitor", "“{value}” cannot be asked for as {name}: {reason}.", "Ask for less, or ask the operator to allow it."),
    Kind("scheduler-missing", "operator", "{scheduler} is not installed here: there is no {program}.", "Install the commands of {scheduler} on the machine of the workers, or set REPRISE_EXECUTOR=local."),
    Kind("scheduler-refused", "operator", "{scheduler} does not take the job: {reason}", "The operator must correct partition, account or limits of this installation or of the facility."),
    Kind("scheduler-unreachable", "operator", "{scheduler} has not answered for too long: {reason}", "Start again when it answers; the operator can see whether it runs."),
    Kind("scheduler-never-started", "operator", "The job waited {limit} in the queue of {scheduler} and did not start: {reason}", "Ask for fewer resources, or ask the operator why the queue is so long."),
    Kind("scheduler-time-limit", "operator", "{scheduler} ended the job after {limit}, before the notebook's own time limit.", "The operator must allow more time, or the author ask for less."),
    Kind("node-failed", "service", "The node failed under the run {attempts} times, or {scheduler} took it away.", "Nothing needs to change in the notebook. Start the run again; tell the operator if it stays so."),
    Kind("job-lost", "service", "{scheduler} lost the job {attempts} times.", "Nothing needs to change in the notebook. Start the run again; tell the operator if it stays so."),
    Kind("modules-not-loaded", "operator", "The modules {modules} cannot be loaded on the node: {reason}", "Ask for modules that the facility has, or ask the operator to install them."),
    Kind("disk-full", "operator", "This service has no disk space left.", "The operator must free space in {path}; then start again."),
    Kind("digest-malformed", "visitor", "{digest} is not a SHA-256 digest.", "A digest is 64 hexadecimal digits in lower case."),
    Kind("artefact-missing", "service", "The artefact {digest} is not in the store.", "Run the target again; tell the operator, who can restore the store from its backup."),
    Kind("artefact-damaged", "service", "The artefact {digest} is not what it was when it was kept.", "Do not rely on it. Tell the operator, who can restore the store from its backup."),
    Kind("artefact-unwritable", "operator", "The store of artefacts cannot be written: {reason}", "The operator must let this service write to {path}."),
    Kind("certificate-missing", "visitor", "There is no certificate {certificate}.", "Look at the target's page: it names the certificates that were issued."),
    Kind("issuer-key-unusable", "operator", "No certificate can be signed here: {reason}.", "The operator must restore the key from its backup, or make another with manage.py certificates rotate."),
    Kind("internal-error", "service", "This service failed: {reason}", "Nothing needs to change in the notebook. Start again; tell the operator if it stays so."),
)
# fmt: on

CATALOGUE: Final[dict[str, Kind]] = {kind.id: kind for kind in _KINDS}
