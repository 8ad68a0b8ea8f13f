"""From a run's result to the catalogue's cause: what stood in the way, where, and whose fault it is. Pure."""

from __future__ import annotations

import re
from typing import Final

from catalog.causes import Cause, cause
from reproduce.runner.job import Failure, Result
from reproduce.runner.network.blame import network_blame

_MODULE_ERRORS: Final = frozenset({"ModuleNotFoundError", "ImportError"})
# The second form is pandas' own, for what it needs for one of its calls alone.
_MISSING_MODULE: Final = re.compile(r"No module named ['\"]?([\w.]+)|Missing optional dependency '([\w.-]+)'")
_NETWORK_ERRORS: Final = frozenset(
    {
        *("URLError", "gaierror", "herror", "ConnectionError", "ConnectTimeout", "ConnectTimeoutError"),
        *("NewConnectionError", "MaxRetryError", "NameResolutionError", "ProxyError", "ConnectError"),
        *("ClientConnectorError", "ClientConnectorDNSError", "ServerNotFoundError", "EndpointConnectionError"),
        *("ConnectionRefusedError", "timeout", "ReadTimeout", "SSLError"),
    }
)
# What a machine without a network answers; the words are the C library's.
_NETWORK_WORDS: Final = re.compile(
    r"Name or service not known|Temporary failure in name resolution|Network is unreachable"
    r"|nodename nor servname provided|No address associated with hostname|Failed to establish a new connection"
    r"|unable to resolve host|Could not resolve host|HTTPS?ConnectionPool"
)
_URL: Final = re.compile(r"\b(?:https?|ftp)://[^\s'\"<>()\[\]{}\\,;]+")
_HOST: Final = re.compile(r"host=['\"]([\w.-]+)['\"](?:, port=(\d+))?|(?:resolve host:?|resolve) ['\"‘]?([\w.-]+\.\w+)")
_ADDRESS_PAIR: Final = re.compile(r"\(['\"]([\w.-]+\.[\w.-]+)['\"], (\d+)\)")
_FILE_ERRORS: Final = frozenset({"FileNotFoundError", "IOError", "OSError", "NotADirectoryError"})
_NO_SUCH_FILE: Final = re.compile(r"No such file or directory: [ub]?(?:'([^'\n]+)'|\"([^\"\n]+)\"|(\S+))")
_NAMED_FILE: Final = re.compile(r"name = '([^']+)'|File b?['\"]([^'\"]+)['\"] does not exist|^(\S+) not found\.?$")
# Every environment is made with a kernel: where it is gone, it was lost on this service's own disk.
_KERNEL_LOST: Final = re.compile(r"No module named '?ipykernel")
_HOST_DISK_FULL: Final = re.compile(r"\[Errno 28\]")


def explain(result: Result) -> Cause | None:
    """Return why the run did not complete, None when it did. Cells are counted from 1, as people do."""
    if result.status == "completed":
        return None
    failure = result.failure or Failure(None, None, "", "", "")
    if result.status == "cell-raised":
        return _raised(failure, result)
    if result.status == "kernel-not-started" and _KERNEL_LOST.search(f"{failure.evalue}\n{failure.traceback}"):
        return cause("internal-error", reason="the environment has lost its kernel")
    if result.status == "internal-error":
        kind = "disk-full" if _HOST_DISK_FULL.search(failure.evalue) else "internal-error"
        return cause(kind, reason=failure.evalue or "unknown", path="its scratch directory")
    return cause(
        result.status,
        cell=_cell(failure),
        limit=failure.limit,
        reason=failure.evalue or "unknown",
        path="The notebook",
    )


def _raised(failure: Failure, result: Result) -> Cause:
    cell = _cell(failure)
    if failure.ename in _MODULE_ERRORS and (module := _MISSING_MODULE.search(failure.evalue)):
        return cause("module-missing", cell=cell, module=module[1] or module[2])
    is_network_error = _is_network_error(failure)
    if blame := network_blame(result.network, failure, cell, is_network=is_network_error):
        return blame
    if is_network_error and not result.sandbox.get("network", False):
        return cause("network-needed", cell=cell, address=_address(failure))
    if failure.ename in _FILE_ERRORS and (name := _file_name(failure)):
        return cause("file-missing", cell=cell, file=name)
    return cause("cell-raised", cell=cell, ename=failure.ename or "an error", evalue=_one_line(failure.evalue))


def _is_network_error(failure: Failure) -> bool:
    """By its words for every error, by its name only where the name leaves no doubt."""
    if _NETWORK_WORDS.search(failure.evalue):
        return True
    return failure.ename in _NETWORK_ERRORS or (
        failure.ename in ("OSError", "HTTPError", "RuntimeError", "CalledProcessError")
        and _NETWORK_WORDS.search(failure.traceback) is not None
    )


def _address(failure: Failure) -> str:
    """The address that was wanted, as exactly as message, traceback and the cell itself tell it."""
    for text in (failure.evalue, failure.traceback, failure.source):
        if url := _URL.search(text):
            return url[0].rstrip(".:")
    for text in (failure.evalue, failure.traceback):
        if host := _HOST.search(text):
            name = host[1] or host[3]
            path = re.search(r"with url: (\S+)", failure.evalue)
            return name + path[1] if path else name
        if pair := _ADDRESS_PAIR.search(text):
            return f"{pair[1]}:{pair[2]}"
    return "its address is not told"


def _file_name(failure: Failure) -> str | None:
    for pattern in (_NAMED_FILE, _NO_SUCH_FILE):
        if match := pattern.search(failure.evalue):
            return next(filter(None, match.groups()), None)
    return None


def _cell(failure: Failure) -> str:
    return "(none)" if failure.cell_index is None else str(failure.cell_index + 1)


def _one_line(text: str, characters: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"
