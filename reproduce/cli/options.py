"""The arguments of `manage.py reproduce` and what they may be. Whatever is wrong with one is told as wrong usage."""

from __future__ import annotations

import argparse
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

from builder.installed_engines import ENGINES
from catalog.allowed_hosts import AllowedHostError, parse_allowed_host
from catalog.causes import CausedError
from catalog.data_places import read_patterns, read_place
from reproduce.cli.tolerance import AskedTolerance, add_tolerance_arguments, read_tolerance
from reproduce.compare import MOST_RUNS
from reproduce.runner.confinement.choose import KINDS

AsOf = datetime | str
_PYTHON: Final = re.compile(r"[23]\.\d{1,2}(\.\d{1,3})?")
_IMAGE: Final = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]{0,254}")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "True": True, "false": False, "False": False}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan")
_FIRST_DATE: Final = datetime(1991, 2, 20, tzinfo=UTC)  # the first release of Python


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. `as_of` is an aware time, "commit", "publication" or "today"; None stands for "not given".

    `instead` is a requirement that goes before what the source says of the package, for a trial.
    """

    source: str
    notebooks: tuple[str, ...] = ()
    as_of: AsOf = "commit"
    engine: str | None = None
    image: str | None = None
    given: str | None = None
    python: str | None = None
    parameters: tuple[tuple[str, Any], ...] = ()
    timeout_s: float | None = None
    allowed_hosts: tuple[str, ...] = ()
    data: tuple[tuple[str, Path], ...] = ()
    output_files: tuple[str, ...] = ()
    tolerance: AskedTolerance = field(default_factory=AskedTolerance)
    jobs: int = 1
    repeat: int | None = None
    out: Path | None = None
    json: str | None = None
    crate: Path | None = None
    pdf: bool = False
    allow_unsandboxed: bool = False
    allow_private: bool = False
    executor: str | None = None
    confinement: str | None = None
    repair: bool = False
    instead: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("source", metavar="SOURCE", help="a directory, a git address (with @ and a branch, tag or commit), or a DOI")
    add(
        "--notebook",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only notebooks whose path matches; repeatable",
    )
    add_environment_arguments(parser)
    add("--image", type=image, metavar="REFERENCE", help="run in this container image; the engine is then `image`")
    add("--given", metavar="NAME", help="run in this environment of the facility, named in REPRISE_GIVEN_PREFIXES")
    add(
        "--param", type=parameter, action="append", default=[], metavar="NAME=VALUE", help="set a parameter; repeatable"
    )
    add("--executor", choices=("local", "slurm"), help="where the notebooks run; REPRISE_EXECUTOR decides without it")
    add("--timeout", type=seconds, metavar="SECONDS", help="time that one notebook may take")
    add(
        "--allow-host",
        type=host,
        action="append",
        default=[],
        metavar="HOST",
        help="let the notebooks fetch from this host; the evidence lists what they fetched; repeatable",
    )
    add(
        "--data",
        type=data,
        action="append",
        default=[],
        metavar="PLACE=PATH",
        help="show a directory or file read-only at a path of the repository, an absolute path, or $NAME; repeatable",
    )
    add(
        "--output-file",
        type=output_file,
        action="append",
        default=[],
        metavar="PATTERN",
        help="keep and compare files that the notebooks write, as out/*.csv; repeatable",
    )
    add_tolerance_arguments(parser)
    add("--jobs", type=jobs, default=1, metavar="N", help="notebooks at the same time")
    add("--repair", action="store_true", help="try to repair what failed for want of a package, and offer the patch")
    add(
        "--repeat",
        type=repeat,
        metavar="N",
        help="run each notebook N times in all (1 to 5); otherwise REPRISE_REPETITIONS times where outputs differ",
    )
    add("--out", type=Path, metavar="DIR", help="directory of the evidence (reprise-evidence/NAME)")
    add("--json", metavar="FILE|-", help="write the statement as JSON; - is standard output")
    add("--crate", type=Path, metavar="FILE.zip", help="also write the evidence as one ZIP, an RO-Crate")
    add("--pdf", action="store_true", help="also write report.pdf, by the Chromium of this machine")
    add(
        "--confinement",
        choices=["auto", *(kind for kind in KINDS if kind != "none")],
        help="what notebooks are confined by; otherwise the setting REPRISE_CONFINEMENT",
    )
    add(
        "--allow-unsandboxed",
        action="store_true",
        help="run without a sandbox where there is none: notebooks act as you",
    )
    add(
        "--allow-private",
        action="store_true",
        help="fetch from private addresses, such as a git host of your institute",
    )


def add_environment_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that decide the environment, which other commands take too."""
    add = parser.add_argument
    add(
        "--as-of",
        type=as_of,
        default="commit",
        metavar="DATE|commit|publication|today",
        help="date the packages are resolved for; publication needs a DOI as SOURCE",
    )
    add(
        "--engine",
        choices=sorted(ENGINES.keys() - {"given"}),
        help="what makes the environment; chosen by what the source asks for",
    )
    add("--python", type=python_version, metavar="VERSION", help="Python to use, for example 3.9")


def read_options(values: dict[str, Any]) -> Options:
    """Return the parsed arguments as Options."""
    return Options(
        source=values["source"],
        notebooks=tuple(values["notebook"]),
        as_of=values["as_of"],
        engine="image" if values["image"] else values["engine"],
        image=values["image"],
        given=values["given"],
        python=values["python"],
        parameters=tuple(values["param"]),
        timeout_s=values["timeout"],
        allowed_hosts=tuple(values["allow_host"]),
        data=tuple(values["data"]),
        output_files=tuple(values["output_file"]),
        tolerance=read_tolerance(values),
        jobs=values["jobs"],
        repeat=values["repeat"],
        out=values["out"],
        json=values["json"],
        crate=values["crate"],
        pdf=values["pdf"],
        allow_unsandboxed=values["allow_unsandboxed"],
        allow_private=values["allow_private"],
        executor=values["executor"],
        confinement=values["confinement"],
        repair=values["repair"],
    )


def as_of(text: str) -> AsOf:
    """Read "commit", "publication", "today" or an ISO 8601 date or time; a date means its last moment, UTC."""
    if text in ("commit", "publication", "today"):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{text}” is no date such as 2021-08-31, nor commit, publication or today"
        ) from None
    if len(text) <= 10:
        moment = datetime.combine(moment.date(), time(23, 59, 59), UTC)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment < _FIRST_DATE:
        raise argparse.ArgumentTypeError(f"there was no Python on {text}")
    return moment


def python_version(text: str) -> str:
    """Read a version such as 3.9 or 3.9.18."""
    if not _PYTHON.fullmatch(text):
        raise argparse.ArgumentTypeError(f"“{text}” is no version of Python such as 3.9 or 3.9.18")
    return text


def image(text: str) -> str:
    """Read a reference to an image, as quay.io/org/name:tag; the engine judges it further."""
    if not _IMAGE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"“{text}” is no reference to an image such as quay.io/org/name:tag")
    return text


def host(text: str) -> str:
    """Read a host as data.example.org, data.example.org:8443 or *.example.org."""
    try:
        return str(parse_allowed_host(text))
    except AllowedHostError as error:
        raise argparse.ArgumentTypeError(error.cause.message) from None


def parameter(text: str) -> tuple[str, Any]:
    """Read NAME=VALUE, with the value typed as a YAML scalar: 3 is a number, true a truth value, the rest is text."""
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"“{text}” is not NAME=VALUE with the name of a variable")
    if value[:1] in "[{" and value:
        raise argparse.ArgumentTypeError(f"the value of {name} must be one number, truth value or text")
    return name, scalar(value)


def scalar(text: str) -> Any:  # noqa: ANN401 - a YAML scalar is null, a truth value, a number or text
    """Return what a YAML scalar stands for by the core schema (YAML 1.2.2, 10.3.2); what is quoted is text."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 10)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    return float(text.replace(".inf", "inf").replace(".nan", "nan")) if _FLOAT.fullmatch(text) else text


def seconds(text: str) -> float:
    """Read a positive, finite number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0 < value <= 10_000_000):
        raise argparse.ArgumentTypeError(f"“{text}” is no number of seconds above zero")
    return value


def data(text: str) -> tuple[str, Path]:
    """Read PLACE=PATH; the path is of this machine and must be there."""
    at, sign, path = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"“{text}” is not PLACE=PATH")
    try:
        read_place(at)
        return at, Path(path).expanduser().resolve(strict=True)
    except CausedError as error:
        raise argparse.ArgumentTypeError(error.cause.message) from error
    except (OSError, RuntimeError):
        raise argparse.ArgumentTypeError(f"there is no {path}") from None


def output_file(text: str) -> str:
    """Read the path of an output file, or a pattern of several."""
    try:
        return read_patterns([text])[0]
    except (CausedError, IndexError):
        raise argparse.ArgumentTypeError(f"“{text}” is no path in the repository such as out/*.csv") from None


def jobs(text: str) -> int:
    """Read how many notebooks run at the same time."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 256):
        raise argparse.ArgumentTypeError(f"“{text}” is no number between 1 and 256")
    return int(text)


def repeat(text: str) -> int:
    """Read how often each notebook is run in all."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_RUNS):
        raise argparse.ArgumentTypeError(f"“{text}” is no number between 1 and {MOST_RUNS}")
    return int(text)
