"""Two PDFs: the same but for when and by whom they were written, or drawn and compared page by page as pictures."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect
from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Any, Final

from reproduce.compare.apart import Apart, CutShortError
from reproduce.compare.images import DEFAULT_LIMIT, METRIC, compare_pictures
from reproduce.compare.model import OutputComparison, Tolerance
from reproduce.compare.outputs import PDF

TIMEOUT_S: Final = 120.0
_AUTHORSHIP: Final = re.compile(
    rb"\s{0,4}(?:/(?:CreationDate|ModDate)\s{0,4}\(D:[-+0-9Z']{4,30}\)"
    rb"|/(?:Producer|Creator)\s{0,4}\((?:[^()\\]|\\.){0,300}+\)"
    rb"|/ID\s{0,4}\[\s{0,4}<[0-9A-Fa-f]{0,64}>\s{0,4}<[0-9A-Fa-f]{0,64}>\s{0,4}\])"
)
# Where objects begin, counted in bytes from the beginning: an entry of the table, and where the table itself is.
_OFFSET: Final = re.compile(rb"(?P<entry>\b\d{10})(?= \d{5} n)|(?<=startxref)(?P<space>\s{1,2})(?P<table>\d{1,12})\b")


def compare_pdfs(published: bytes, fresh: bytes, tolerance: Tolerance, apart: Apart) -> OutputComparison:
    """Compare two PDFs; `apart` runs the program that draws them. Never raises: what is not drawn is "not_compared".

    The page that differs most is shown. Pages that are drawn alike to the pixel may still hide what is no ink, so they
    are "within_tolerance".
    """
    if without_authorship(published) == without_authorship(fresh):
        return OutputComparison(PDF, "identical")
    try:
        answer = apart.ask("pdf_drawing", [str(len(published))], timeout_s=TIMEOUT_S, given=published + fresh)
        return _judged(answer, tolerance)
    except CutShortError as error:
        return OutputComparison(PDF, "not_compared", reason=f"The PDFs are not equal, and were not drawn: {error}.")
    except (KeyError, TypeError, ValueError, binascii.Error):
        return OutputComparison(PDF, "not_compared", reason="The PDFs are not equal, and were not drawn.")


def without_authorship(data: bytes) -> bytes:
    """Return a PDF without what says when, by whom and with what it was written, its table of offsets put right."""
    spans = [match.span() for match in _AUTHORSHIP.finditer(data)]
    if not spans:
        return data
    starts = [start for start, _ in spans]
    removed = [0, *accumulate(end - start for start, end in spans)]

    def moved(match: re.Match[bytes]) -> bytes:
        if match["entry"]:
            offset = int(match["entry"])
            return b"%010d" % (offset - removed[bisect(starts, offset)])
        offset = int(match["table"])
        return match["space"] + b"%d" % (offset - removed[bisect(starts, offset)])

    edges = [0, *(edge for span in spans for edge in span), len(data)]
    kept = b"".join(data[edges[place] : edges[place + 1]] for place in range(0, len(edges), 2))
    return _OFFSET.sub(moved, kept)


def _judged(answer: Mapping[str, Any], tolerance: Tolerance) -> OutputComparison:
    if "refused" in answer:
        said = "".join(sign if sign.isprintable() else "·" for sign in str(answer["refused"])[:300])
        which = "fresh" if answer["side"] == "fresh" else "published"
        return OutputComparison(PDF, "not_compared", reason=f"The {which} PDF was not compared: {said}.")
    count, fresh_count = (int(number) for number in answer["pages"])
    limit = DEFAULT_LIMIT if tolerance.image is None else tolerance.image
    bound = {"max": limit}
    if count != fresh_count:
        unlike: dict[str, Any] = {"name": METRIC, "value": None, "regime": "unlike"}
        reason = f"The PDF had {count} pages and now has {fresh_count}."
        return OutputComparison(PDF, "differs", metric=unlike, tolerance=bound, reason=reason)
    compared = [(int(page["page"]), _compare_page(page, tolerance)) for page in answer["unlike"]]
    if not compared:
        equal = {"name": METRIC, "value": 0.0, "regime": "same renderer"}
        pages = "The page is" if count == 1 else f"All {count} pages are"
        reason = f"{pages} drawn alike to the pixel; the files are written differently."
        return OutputComparison(PDF, "within_tolerance", metric=equal, tolerance=bound, reason=reason)
    number, worst = max(compared, key=lambda each: _weight(each[1]))
    if count == 1:
        return worst
    differing = sum(outcome.state == "differs" for _, outcome in compared)
    place = f"{differing} of {count} pages differ. Page {number}" if differing else f"Page {number} of {count}"
    return replace(worst, reason=f"{place}: {worst.reason}")


def _compare_page(page: Mapping[str, Any], tolerance: Tolerance) -> OutputComparison:
    published, fresh = (base64.b64decode(page[side], validate=True) for side in ("published", "fresh"))
    return compare_pictures(PDF, published, fresh, tolerance)


def _weight(outcome: OutputComparison) -> tuple[int, float]:
    value = (outcome.metric or {}).get("value")
    return {"differs": 2, "not_compared": 1}.get(outcome.state, 0), float("inf") if value is None else float(value)
