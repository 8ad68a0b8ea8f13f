"""BibTeX, with the signs that TeX would take for commands written as TeX shows them."""

from __future__ import annotations

import re
from typing import Final

from catalog.exposure.plain import line, plain
from catalog.exposure.record import Person, Record, Site
from catalog.exposure.words import issued, type_words

NAME: Final = "bibtex"
SUFFIX: Final = "bib"
MEDIA_TYPE: Final = "application/x-bibtex"
_TYPES: Final = {
    "JournalArticle": "article",
    "ConferencePaper": "inproceedings",
    "Book": "book",
    "BookChapter": "incollection",
    "Dissertation": "phdthesis",
    "Report": "techreport",
}
_VENUES: Final = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle"}
_PUBLISHERS: Final = {"phdthesis": "school", "techreport": "institution"}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# BibTeX counts braces even behind a backslash, so a brace of the text is written as a command.
ESCAPES: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
}
_ESCAPED: Final = str.maketrans(ESCAPES)


def is_for(record: Record) -> bool:
    """Every record has it."""
    return True


def write(record: Record, site: Site) -> bytes:
    """Return one entry."""
    record = plain(record)
    kind = _TYPES.get(record.resource_type, "misc")
    fields = [(name, value) for name, value in _fields(record, kind) if value]
    body = "".join(f"  {name} = {value},\n" for name, value in fields)
    return f"@{kind}{{{_key(record)},\n{body}}}\n".encode()


def _fields(record: Record, kind: str) -> list[tuple[str, str]]:
    known = issued(record)
    licence = record.licence
    return [
        ("title", f"{{{_text(record.title)}}}"),
        ("author", _text_of(" and ".join(_name(one) for one in record.creators))),
        (_VENUES.get(kind, "howpublished"), _braced(record.venue or ("" if kind in _VENUES else type_words(record)))),
        (_PUBLISHERS.get(kind, "publisher"), _braced(record.publisher.name if record.publisher else "")),
        ("year", _text_of(known[:4])),
        ("month", _MONTHS[int(known[5:7]) - 1] if len(known) >= 7 else ""),
        ("day", _text_of(known[8:10])),
        ("doi", _verbatim(record.doi)),
        ("url", _verbatim(record.url)),
        ("version", _braced(record.version)),
        ("copyright", _braced(licence.name if licence else "")),
        ("language", _braced(record.language)),
        ("keywords", _braced(", ".join(one.text for one in (*record.techniques, *record.subjects)))),
        ("abstract", _braced(line(record.description))),
    ]


def _key(record: Record) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", record.key).strip("-") or "record"


def _name(one: Person) -> str:
    """Return "Family, Given", a part in braces where BibTeX would read more than a name in it."""
    if not one.family:
        return f"{{{_escaped(one.name)}}}"
    return ", ".join(_part(part) for part in (one.family, one.given) if part)


def _part(text: str) -> str:
    escaped = _escaped(text)
    return f"{{{escaped}}}" if re.search(r",|\band\b", text, re.IGNORECASE) else escaped


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)


def _text(text: str) -> str:
    """Return a title in braces, which keep its capitals."""
    return f"{{{_escaped(text)}}}"


def _braced(text: str) -> str:
    return f"{{{_escaped(text)}}}" if text else ""


def _text_of(value: str) -> str:
    return f"{{{value}}}" if value else ""


def _verbatim(text: str) -> str:
    """Return what the packages for addresses read sign by sign, without the signs that would end it."""
    quoted = "".join(f"%{ord(sign):02X}" if sign in "{}\\" else sign for sign in text)
    return f"{{{quoted}}}" if text else ""
