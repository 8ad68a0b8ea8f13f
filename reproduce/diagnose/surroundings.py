"""Rules about what a cell wants beside its packages: files, network, programs, devices, people."""

from __future__ import annotations

import re
from typing import Final

from catalog.causes import Cause, cause
from reproduce.diagnose.evidence import one_line, raised_line
from reproduce.diagnose.facts import Facts
from reproduce.runner.network.blame import network_blame

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
_SHELL_FETCH: Final = re.compile(r"(?m)^[ \t]{0,20}[!%] ?(?:sx )?(?:wget|curl)\b[^\n]{0,1000}")
_SAVED_AS: Final = re.compile(r"\s(?:-O|-o|--output(?:-document)?)[ =]?['\"]?([^\s'\"]{1,300})")
_FILE_ERRORS: Final = frozenset({"FileNotFoundError", "IOError", "OSError", "NotADirectoryError"})
_NO_SUCH_FILE: Final = re.compile(r"No such file or directory: [ub]?(?:'([^'\n]+)'|\"([^\"\n]+)\"|(\S+))")
_NAMED_FILE: Final = re.compile(
    r"name = '([^']+)'|File b?['\"]([^'\"]+)['\"] does not exist|^(\S+) not found\.?$"
    r"|File `u?'([^'`\n]+)'?`? not found"
)
# A library that looks for data by a name says so in words of its own.
_NOT_LOCATED: Final = re.compile(
    r"(?i)(?:could ?n[o'’]t|can ?n[o'’]t|can['’]t|unable to|failed to) (?:find|locate) "
    r"(?:(?!in |of |from |for )[\w-]{1,40} ){0,4}?(?:dir|directory|folder|files?)\b"
    r"[^'\"\n]{0,60}['\"]([^'\"\n]{1,300})['\"]"
)
_NO_DATABASE: Final = re.compile(r"unable to open database file")
_DATABASE: Final = re.compile(r"(?:connect|create_engine)\(\s*['\"]([^'\"\n]{1,300})['\"]")
_CREDENTIAL_NAME: Final = re.compile(r"(?i)token|secret|passw|api_?key|credential|auth|_key\b|login")
_CREDENTIAL_WORDS: Final = re.compile(
    r"(?i)unable to locate credentials|credentials were not found|401 (?:client error"
    r"|unauthorized)|http error 401"
    r"|\b401\b.{0,30}unauthorized|authentication (?:failed|required)|invalid api key"
    r"|api key (?:is )?(?:missing|required)"
    r"|no api[_ -]?key|access token|missing/incomplete configuration file|\.cdsapirc|could not read username"
    r"|login required|not logged in|could not automatically determine credentials"
)
_GPU: Final = re.compile(
    r"(?i)no nvidia driver|not compiled with cuda|cuda driver library cannot be found|no cuda-capable device"
    r"|cudaerror(?:nodevice|insufficientdriver)|no cuda gpus are available|libcuda\.so|cuda_error_no_device"
    r"|torch\.cuda\.is_available\(\) is false|clgetplatformids failed|no (?:gpu"
    r"|cuda) devices? (?:was |were )?(?:found|available)"
)
_DISPLAY: Final = re.compile(
    r"(?i)no display name and no \$DISPLAY|couldn't connect to display|could not connect to display"
    r"|cannot connect to x server|invalid display variable|requires the '\w+' interactive framework"
    r"|cannot open display|failed to open display|bad display name|no available video device|qt\.qpa\.xcb"
    r"|qt platform plugin"
)
_LIBRARY: Final = re.compile(
    r"(?:^|[\s'/])(lib[\w+.-]{1,80}\.so[.\d]*)'?: cannot open shared object"
    r"|([\w+./-]{1,120}): cannot open shared object"
    r"|Could not find (?:the )?(lib\w{1,40}|geos_c|\w{1,40}) (?:shared )?library"
)
_PROGRAM: Final = re.compile(
    r"because (\w{1,40}) could not be found|failed to execute (?:PosixPath\()?\[?['\"]([\w./-]{1,100})['\"]"
    r"|MovieWriter (\w{1,40}) (?:not|un)available|([\w.-]{1,60}): (?:command )?not found"
    r"|(?:No such file or directory: )?['\"]?(pandoc|xelatex|pdflatex)['\"]? (?:wasn't|was not|not) found"
)
_SUBPROCESS: Final = re.compile(r"subprocess(?:\.py|32)?|_execute_child|\bPopen\b")
_COMMAND: Final = re.compile(r"\(\s*\[?\s*[ub]?['\"]([\w./+-]{1,100})")
_NOT_FOUND_STATUS: Final = re.compile(
    r"Command '(?:b[\"'])?(?:\[['\"])?([\w./-]{1,100}).{0,2000}? returned non-zero exit status 127", re.DOTALL
)
_MOVIE: Final = re.compile(r"unknown file extension: \.(?:mp4|avi|mov|mkv|webm|m4v)")
_CHECKSUM: Final = re.compile(
    r"(?i)(?:sha-?(?:1|256|512)?|md5|hash|check ?sum)\b.{0,200}?(?:does not match|mismatch"
    r"|differs|do not match|is wrong|incorrect)"
    r"|(?:checksum|hash|md5|sha256) ?(?:mismatch|error)|(?:corrupt|bad) (?:checksum|hash)"
)
_PROCESSES: Final = re.compile(
    r"can't start new thread|\[Errno 11\]|Resource temporarily unavailable|libgomp: Thread creation failed"
)
_NOT_WRITABLE: Final = re.compile(
    r"(?:\[Errno (?:13|30)\]|Permission denied"
    r"|Read-only file system)(?:[^\n:]{0,40}: b?['\"]?([^'\"\n]{1,300}))?"
)
_UNREADABLE: Final = frozenset(
    {"UnpicklingError", "BadZipFile", "BadZipfile", "EmptyDataError", "JSONDecodeError", "ParserError", "ReadError"}
    | {
        "BadGzipFile",
        "UnidentifiedImageError",
        "XLRDError",
        "XMLSyntaxError",
        "MatReadError",
        "LZMAError",
        "BadRarFile",
    }
)
_UNREADABLE_WORDS: Final = re.compile(
    r"file signature not found|[Tt]runcated file|not a (?:valid )?(?:zip|HDF5|NetCDF|FITS"
    r"|gzip|PNG) file|not a gzipped file"
    r"|[Cc]annot identify image file|git-lfs|Unknown mat file type|invalid load key|No SIMPLE card found"
    r"|codec can't decode byte .{0,60} in position 0|[Ee]mpty or corrupt|[Ff]ailed to interpret file"
    # What pandas before 2 says of JSON that is empty, and of a path where nothing is.
    r"|^Expected object or value$"
)


def credentials_needed(facts: Facts) -> Cause | None:
    """A token, a password or a key that only its owner has."""
    evalue, ename = facts.failure.evalue, facts.failure.ename
    if ename == "KeyError" and _CREDENTIAL_NAME.search(evalue) and re.search(r"environ|secrets|userdata", facts.source):
        return cause("credentials-needed", cell=facts.cell, what=one_line(evalue.strip("'\""), 80))
    if "Credential" in ename or _CREDENTIAL_WORDS.search(evalue):
        return cause("credentials-needed", cell=facts.cell, what=one_line(evalue or ename, 120))
    return None


def gpu_needed(facts: Facts) -> Cause | None:
    """A graphics processor that this run does not have."""
    if not (_GPU.search(facts.failure.evalue) or facts.failure.ename == "CudaSupportError"):
        return None
    return cause("gpu-needed", cell=facts.cell, reason=one_line(facts.failure.evalue, 160))


def display_needed(facts: Facts) -> Cause | None:
    """A window, where nobody would see one; a kernel that died for the want of it says so in its log."""
    told = facts.failure.evalue if facts.result.status == "cell-raised" else facts.kernel_log
    is_named = facts.failure.ename in ("NoSuchDisplayException", "NoSuchDisplayError")
    return cause("display-needed", cell=facts.cell) if is_named or _DISPLAY.search(told) else None


def library_missing(facts: Facts) -> Cause | None:
    """A shared library of the system."""
    match = _LIBRARY.search(facts.failure.evalue)
    if match is None:
        return None
    return cause("library-missing", cell=facts.cell, library=match[1] or match[2] or match[3])


def program_missing(facts: Facts) -> Cause | None:
    """A program that the notebook, or a package for it, starts."""
    evalue = facts.failure.evalue
    if match := _PROGRAM.search(evalue):
        return cause("program-missing", cell=facts.cell, program=next(filter(None, match.groups())))
    if _MOVIE.search(evalue):
        return cause("program-missing", cell=facts.cell, program="ffmpeg")
    if status := _NOT_FOUND_STATUS.search(evalue):
        return cause("program-missing", cell=facts.cell, program=status[1])
    is_started = _SUBPROCESS.search(facts.failure.traceback) and "No such file or directory" in evalue
    if facts.failure.ename in _FILE_ERRORS and is_started:
        _, line = raised_line(facts)
        named = _NO_SUCH_FILE.search(evalue) or _COMMAND.search(line)
        name = next(filter(None, named.groups()), "") if named else ""
        return cause("program-missing", cell=facts.cell, program=name or "that it starts")
    return None


def input_needed(facts: Facts) -> Cause | None:
    """A question to whoever runs the notebook."""
    is_asked = (
        facts.failure.ename == "StdinNotImplementedError" or "does not support input requests" in facts.failure.evalue
    )
    return cause("input-needed", cell=facts.cell) if is_asked else None


def data_changed(facts: Facts) -> Cause | None:
    """Data whose checksum is not the one that the notebook, or a package for it, knows."""
    if not _CHECKSUM.search(facts.failure.evalue):
        return None
    return cause("data-changed", reason=f"cell {facts.cell}: {one_line(facts.failure.evalue, 200)}".rstrip("."))


def network_needed(facts: Facts) -> Cause | None:
    """A host, by the record of the run's network or, without one, by the error's words and name."""
    failure, result = facts.failure, facts.result
    is_network_error = _is_network_error(facts)
    if blame := network_blame(result.network, failure, facts.cell, is_network=is_network_error):
        return blame
    if is_network_error and not result.sandbox.get("network", False):
        return cause("network-needed", cell=facts.cell, address=_address(facts))
    return None


def fetched_by_shell(facts: Facts) -> Cause | None:
    """A file that a command above fetches: without a network not the command raises, but what reads the file."""
    if facts.result.sandbox.get("network", False) or facts.failure.cell_index is None:
        return None
    for cell in facts.cells:
        for command in _SHELL_FETCH.findall(cell.source) if cell.index <= facts.failure.cell_index else ():
            url, saved = _URL.search(command), _SAVED_AS.search(command)
            if url is None:
                continue
            name = (saved[1] if saved else url[0].partition("?")[0]).rpartition("/")[2]
            if len(name) > 2 and name in facts.source:
                return cause("network-needed", cell=str(cell.index + 1), address=url[0])
    return None


def too_many_processes(facts: Facts) -> Cause | None:
    """More processes or threads than a run may have."""
    if not _PROCESSES.search(facts.failure.evalue):
        return None
    return cause("too-many-processes", cell=facts.cell)


def not_writable(facts: Facts) -> Cause | None:
    """A place where nothing may be written."""
    match = _NOT_WRITABLE.search(facts.failure.evalue)
    if match is None:
        return None
    return cause("not-writable", cell=facts.cell, file=one_line(match[1] or "a place", 200))


def file_missing(facts: Facts) -> Cause | None:
    """A file that neither the repository nor a dataset brings."""
    evalue, ename = facts.failure.evalue, facts.failure.ename
    if _NO_DATABASE.search(evalue):
        named = _DATABASE.search(facts.source)
        return cause("file-missing", cell=facts.cell, file=named[1] if named else "of a database")
    if ename in _FILE_ERRORS or "%run" in facts.source:
        for pattern in (_NAMED_FILE, _NO_SUCH_FILE):
            if match := pattern.search(evalue):
                return cause("file-missing", cell=facts.cell, file=next(filter(None, match.groups()), ""))
    if match := _NOT_LOCATED.search(evalue):
        return cause("file-missing", cell=facts.cell, file=match[1])
    return None


def file_unreadable(facts: Facts) -> Cause | None:
    """A file that is there and is not what it should be."""
    if facts.failure.ename in _UNREADABLE or _UNREADABLE_WORDS.search(facts.failure.evalue):
        return cause(
            "file-unreadable", cell=facts.cell, reason=one_line(facts.failure.evalue or facts.failure.ename, 160)
        )
    return None


def _is_network_error(facts: Facts) -> bool:
    """By its words for every error, by its name only where the name leaves no doubt."""
    failure = facts.failure
    if _NETWORK_WORDS.search(failure.evalue):
        return True
    return failure.ename in _NETWORK_ERRORS or (
        failure.ename in ("OSError", "HTTPError", "RuntimeError", "CalledProcessError")
        and _NETWORK_WORDS.search(failure.traceback) is not None
    )


def _address(facts: Facts) -> str:
    """The address that was wanted, as exactly as message, traceback and the cell itself tell it."""
    failure = facts.failure
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
