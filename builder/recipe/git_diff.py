"""Write the change of one file as git does, so that `git apply` takes it whatever the file held before."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from builder.errors import BuildError

_SIZE_LIMIT: Final = 4 * 2**20
# Beyond this a comparison line by line takes too long; the whole file is then replaced.
_LINES_LIMIT: Final = 3000
_CONTEXT: Final = 3
_NO_NEWLINE: Final = "\\ No newline at end of file\n"
_BINARY_LINE: Final = 52


def file_diff(root: Path, path: str, text: str) -> str:
    """Return the diff from the file `path` of `root`, there or not, to `text`; "" where nothing changes.

    Line ends follow the file: one that ends all its lines by CR LF keeps doing so. A symbolic link becomes a file.
    A file that is not UTF-8 is replaced by git's binary patch, which is plain text too. Raises BuildError
    recipe-unreadable where something that is no file, or too large a one, has the path.
    """
    file = root / path
    head = f"diff --git a/{path} b/{path}\n"
    if file.is_symlink():
        return head + _removed_link(path, _target(file, path)) + head + _added(path, text)
    if not file.exists():
        return head + _added(path, text)
    old = raw_bytes(file, name=path)
    if _ends_by_crlf(old):
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    if old == text.encode():
        return ""
    lines = _lines(old)
    if lines is None:
        mode = "100755" if file.stat().st_mode & 0o100 else "100644"
        return head + _binary(old, text.encode(), mode)
    return f"{head}--- a/{path}\n+++ b/{path}\n" + "".join(_hunks(lines, text_lines(text)))


def raw_bytes(path: Path, *, name: str) -> bytes:
    """Return the content of a file. Raises BuildError recipe-unreadable where it is none or larger than 4 MiB."""
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise BuildError("recipe-unreadable", file=name, reason="it is larger than 4 MiB")
        return path.read_bytes()
    except OSError as error:
        raise BuildError("recipe-unreadable", file=name, reason=error.strerror or "no such file") from error


def text_lines(text: str) -> list[str]:
    """Return the lines as git counts them: "\\n" alone ends one."""
    lines = text.split("\n")
    ended = [f"{line}\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def _lines(raw: bytes) -> list[str] | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text_lines(text)


def _ends_by_crlf(raw: bytes) -> bool:
    return b"\r\n" in raw and raw.count(b"\r\n") == raw.count(b"\n")


def _added(path: str, text: str) -> str:
    header = "new file mode 100644\n"
    lines = text_lines(text)
    return header + (f"--- /dev/null\n+++ b/{path}\n" + "".join(_hunks([], lines)) if lines else "")


def _target(link: Path, path: str) -> str:
    target = str(link.readlink())
    if not target.isprintable():
        raise BuildError("recipe-unreadable", file=path, reason="it is a link to a name that is no text")
    return target


def _removed_link(path: str, target: str) -> str:
    return f"deleted file mode 120000\n--- a/{path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-{target}\n{_NO_NEWLINE}"


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if max(len(old), len(new)) > _LINES_LIMIT or not old:
        yield _header(0, len(old), 0, len(new))
        yield from (_line("-", line) for line in old)
        yield from (_line("+", line) for line in new)
        return
    for group in SequenceMatcher(a=old, b=new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield _header(first[1], last[2] - first[1], first[3], last[4] - first[3])
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                yield from (_line(" ", line) for line in old[old_from:old_to])
                continue
            yield from (_line("-", line) for line in old[old_from:old_to])
            yield from (_line("+", line) for line in new[new_from:new_to])


def _header(old_from: int, old_count: int, new_from: int, new_count: int) -> str:
    # A range without lines names the line before it.
    old_first, new_first = old_from + bool(old_count), new_from + bool(new_count)
    return f"@@ -{old_first},{old_count} +{new_first},{new_count} @@\n"


def _line(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n{_NO_NEWLINE}"


def _binary(old: bytes, new: bytes, mode: str) -> str:
    """Return git's binary patch (gitformat: the content compressed, in base 85, 52 bytes a line), both ways."""
    header = f"index {_blob_id(old)}..{_blob_id(new)} {mode}\nGIT binary patch\n"
    return header + "".join(_literal(content) for content in (new, old))


def _literal(content: bytes) -> str:
    packed = zlib.compress(content)
    lines = [f"literal {len(content)}\n"]
    for start in range(0, len(packed), _BINARY_LINE):
        part = packed[start : start + _BINARY_LINE]
        length = chr(ord("A") + len(part) - 1) if len(part) <= 26 else chr(ord("a") + len(part) - 27)
        padded = part + b"\0" * (-len(part) % 4)
        lines.append(f"{length}{base64.b85encode(padded).decode()}\n")
    return "".join([*lines, "\n"])


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
