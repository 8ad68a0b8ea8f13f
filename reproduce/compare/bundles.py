"""One pair of outputs: which of its MIME types are compared, by what, and which say nothing of their own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from reproduce.compare.images import compare_pictures
from reproduce.compare.interactive import (
    FURTHER_FORMS,
    compare_figures,
    find_figures,
    is_figure_mime,
    without_figures,
)
from reproduce.compare.json_data import compare_json
from reproduce.compare.latex import compare_latex
from reproduce.compare.model import OutputComparison, OutputState
from reproduce.compare.outputs import ERROR, IMAGES, PDF, STDERR, STDOUT, Output, OutputPair, as_text
from reproduce.compare.pdf_figures import compare_pdfs
from reproduce.compare.raster import NotAPictureError, decode_base64
from reproduce.compare.svg import compare_svg
from reproduce.compare.tables import compare_html, only_styles, shows_nothing
from reproduce.compare.text import TextSettings, compare_text
from reproduce.compare.web_videos import RULE as VIDEO_RULE
from reproduce.compare.web_videos import has_other_preview, without_preview

# From what weighs most to what weighs least.
SEVERITY: Final[tuple[OutputState, ...]] = (
    "differs",
    "missing",
    "unexpected",
    "unstable",
    "not_compared",
    "within_tolerance",
    "identical",
    "ignored",
)
RASTER: Final = frozenset({"image/png", "image/jpeg", "image/gif"})
_WIDGETS: Final = frozenset({"application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"})
# Code and identifiers that only make the browser draw what stands beside them.
_CARRIERS: Final = frozenset({"application/vnd.bokehjs_load.v0+json", "application/vnd.bokehjs_exec.v0+json"})
_LOADED: Final = "application/vnd.bokehjs_load.v0+json"
_LOADER: Final = re.compile(r"window\.PlotlyConfig\b|require\.undef\([\"']plotly[\"']\)|\bdefine\('plotly'")
_FIGURE_REPR: Final = re.compile(
    r"\s*<(?:Figure size|matplotlib\.figure\.Figure|IPython\.core\.display\.Image)[^>\n]{0,200}>\s*"
)
# The rule by which a differing error stream is not judged; its outputs are "ignored" and name it.
ERROR_STREAM_RULE: Final = "error-stream"
_ERROR_CHARS: Final = 200
_FORMULA: Final = re.compile(
    r"\s*(?:\$\$?[^$]+\$\$?|\\\[.*\\\]|\\begin\{(equation|align)(\*?)\}.*\\end\{\1\2\})\s*", re.DOTALL
)
_FORMULA_REASON: Final = "The picture of a formula whose LaTeX is the same, drawn otherwise."
_VIDEO_REASON: Final = f"The preview of the video, which is fetched from the web, is left out ({VIDEO_RULE})."
_STDERR_REASON: Final = "The error stream (warnings, logs, progress) differs; it is no result and is not judged."


def compare_pair(pair: OutputPair, settings: TextSettings) -> OutputComparison:
    """Compare one pair. A lone published output is missing, a lone fresh one unexpected."""
    if pair.published is None or pair.fresh is None:
        return _alone(pair, settings)
    published, fresh = pair.published, pair.fresh
    if published.kind == STDERR:
        result = compare_text(STDERR, published.data["text"], fresh.data["text"], settings)
        is_judged = result.state == "identical" or ERROR_STREAM_RULE in settings.tolerance.disabled_rules
        return result if is_judged else _ignored_stderr()
    if published.kind == STDOUT:
        return compare_text(STDOUT, published.data["text"], fresh.data["text"], settings)
    if published.kind == ERROR:
        return _compare_errors(published, fresh, settings)
    return _compare_bundles(published.data, fresh.data, settings)


def _ignored_stderr() -> OutputComparison:
    return OutputComparison(STDERR, "ignored", reason=_STDERR_REASON, rules=(ERROR_STREAM_RULE,))


def _alone(pair: OutputPair, settings: TextSettings) -> OutputComparison:
    output = pair.published or pair.fresh
    is_stderr = output is None or output.kind == STDERR
    if output is None or (is_stderr and ERROR_STREAM_RULE not in settings.tolerance.disabled_rules):
        return _ignored_stderr()
    if output.main_mime in _WIDGETS | _CARRIERS:
        return OutputComparison(output.main_mime, "ignored", reason="Widgets have no stored content to compare.")
    encoded = _encoded_picture(output)
    if output.kind == ERROR:
        return _lone_error(output, is_published=pair.published is not None)
    if pair.published is not None:
        reason = "The publication shows this output; the run did not produce it."
        return OutputComparison(output.main_mime, "missing", reason=reason, published=encoded)
    reason = "The run produced this output; the publication does not show it."
    return OutputComparison(output.main_mime, "unexpected", reason=reason, fresh=encoded)


def _lone_error(output: Output, *, is_published: bool) -> OutputComparison:
    said = " ".join(f"{output.data['ename']}: {output.data['evalue']}".split())[:_ERROR_CHARS]
    if is_published:
        return OutputComparison(
            ERROR, "missing", reason=f"The publication shows an error that the run does not: {said}"
        )
    return OutputComparison(ERROR, "unexpected", reason=f"The run shows an error that the publication does not: {said}")


def _encoded_picture(output: Output) -> bytes | None:
    if output.main_mime not in RASTER:
        return None
    try:
        return decode_base64(output.data[output.main_mime])
    except NotAPictureError:
        return None


def _compare_errors(published: Output, fresh: Output, settings: TextSettings) -> OutputComparison:
    one, other = published.data["ename"], fresh.data["ename"]
    if one != other:
        return OutputComparison(ERROR, "differs", reason=f"The cell raised {one} and now raises {other}.")
    return compare_text(ERROR, f"{one}: {published.data['evalue']}", f"{other}: {fresh.data['evalue']}", settings)


def _compare_bundles(published: dict[str, Any], fresh: dict[str, Any], settings: TextSettings) -> OutputComparison:
    if VIDEO_RULE not in settings.tolerance.disabled_rules and has_other_preview(published, fresh):
        result = _compare_forms(without_preview(published), without_preview(fresh), settings)
        reason = f"{result.reason} {_VIDEO_REASON}".strip()
        return replace(result, reason=reason, rules=(*result.rules, VIDEO_RULE))
    return _compare_forms(published, fresh, settings)


def _compare_forms(published: dict[str, Any], fresh: dict[str, Any], settings: TextSettings) -> OutputComparison:
    if _only_loads(published) and _only_loads(fresh):
        reason = "It loads a library of the browser and shows nothing."
        return OutputComparison(Output("bundle", published).main_mime, "ignored", reason=reason)
    if _is_style_sheet(published) and _is_style_sheet(fresh):
        return OutputComparison("text/html", "ignored", reason="It styles the page around it and shows nothing.")
    results = [_compare_images(published, fresh, settings)]
    has_image = results[0] is not None
    interactive = _compare_interactive(published, fresh, settings)
    results += interactive
    if interactive:
        published, fresh = (_without_further_forms(data) for data in (published, fresh))
    shared = [mime for mime in published if mime in fresh and mime not in IMAGES]
    for mime in sorted(shared):
        if has_image and mime == "text/plain" and _is_figure_repr(published[mime]) and _is_figure_repr(fresh[mime]):
            continue
        results.append(_compare_mime(mime, published[mime], fresh[mime], settings))
    is_formula = _is_same_formula(published, results)
    if is_formula:
        results[0] = _of_formula(results[0])
    results += _one_sided(published, fresh, has_picture=has_image or is_formula)
    found = [result for result in results if result is not None]
    if not found:
        return OutputComparison("text/plain", "not_compared", reason="The output is empty.")
    worst = min(found, key=lambda result: SEVERITY.index(result.state))
    image = results[0]
    if image is None or worst is image:
        return worst
    return OutputComparison(
        worst.mime,
        worst.state,
        metric=worst.metric,
        tolerance=worst.tolerance,
        reason=worst.reason,
        rules=worst.rules,
        published=image.published,
        fresh=image.fresh,
        difference_png=image.difference_png,
        published_text=worst.published_text,
        fresh_text=worst.fresh_text,
    )


def _is_same_formula(published: dict[str, Any], results: list[OutputComparison | None]) -> bool:
    """Tell whether the output is a formula of the same LaTeX: a picture beside it is one more form of that."""
    latex = next((result for result in results if result is not None and result.mime == "text/latex"), None)
    is_formula = _FORMULA.fullmatch(as_text(published.get("text/latex", ""))) is not None
    return is_formula and latex is not None and latex.state == "identical"


def _of_formula(picture: OutputComparison | None) -> OutputComparison | None:
    if picture is None or picture.mime not in RASTER or picture.state not in ("differs", "not_compared"):
        return picture
    return replace(picture, state="within_tolerance", metric=None, tolerance=None, reason=_FORMULA_REASON)


def _compare_interactive(
    published: dict[str, Any], fresh: dict[str, Any], settings: TextSettings
) -> list[OutputComparison]:
    """Compare the interactive figures where both sides have some, and what an HTML page shows beside them."""
    one, other = find_figures(published), find_figures(fresh)
    if not one or not other:
        return []
    results = compare_figures(one, other, settings)
    if one[0].mime == other[0].mime == "text/html":
        page, fresh_page = (without_figures(as_text(data["text/html"])) for data in (published, fresh))
        results.append(compare_html(page, fresh_page, settings))
    return results


def _without_further_forms(data: dict[str, Any]) -> dict[str, Any]:
    return {mime: value for mime, value in data.items() if mime not in FURTHER_FORMS and not is_figure_mime(mime)}


def _only_loads(data: dict[str, Any]) -> bool:
    """Tell whether an output brings a library into the page, as Bokeh's and Plotly's notebook modes do."""
    if _LOADED in data:
        return True
    html = as_text(data.get("text/html", ""))
    return _LOADER.search(html) is not None and not find_figures(data) and shows_nothing(html)


def _is_style_sheet(data: dict[str, Any]) -> bool:
    return {"text/html"} <= set(data) <= {"text/html", "text/plain"} and only_styles(as_text(data["text/html"]))


def _compare_images(
    published: dict[str, Any], fresh: dict[str, Any], settings: TextSettings
) -> OutputComparison | None:
    ours = [mime for mime in IMAGES if mime in published]
    theirs = [mime for mime in IMAGES if mime in fresh]
    if not ours or not theirs:
        return None
    if "image/svg+xml" in ours and "image/svg+xml" in theirs:
        drawing = compare_svg(as_text(published["image/svg+xml"]), as_text(fresh["image/svg+xml"]), settings)
        # A drawing built of other parts may still be the same picture; where both sides have pixels, those decide.
        has_pixels = (RASTER & {*ours} and RASTER & {*theirs}) or (PDF in ours and PDF in theirs)
        if drawing.state in ("identical", "within_tolerance") or not has_pixels:
            return drawing
    try:
        pictures = pictures_of(published, fresh)
    except NotAPictureError as error:
        mime = next(mime for mime in ours if mime in RASTER)
        return OutputComparison(mime, "not_compared", reason=f"A picture was not compared: {error}.")
    if pictures is not None:
        name, one, other = pictures
        if one == other:
            # Byte by byte the same: not even decoded, which is what most figures of an equal run take.
            return OutputComparison(name, "identical", published=one, fresh=other)
        return (settings.pictures or compare_pictures)(name, one, other, settings.tolerance)
    if PDF in ours and PDF in theirs:
        return _compare_pdfs(published[PDF], fresh[PDF], settings)
    return OutputComparison(
        ours[0], "not_compared", reason=f"A picture published as {ours[0]} and made as {theirs[0]} cannot be compared."
    )


def pictures_of(published: dict[str, Any], fresh: dict[str, Any]) -> tuple[str, bytes, bytes] | None:
    """Return the published picture's type and both pictures, None where a side has none. Raises NotAPictureError."""
    one, other = (
        next((mime for mime in IMAGES if mime in RASTER and mime in data), None) for data in (published, fresh)
    )
    if one is None or other is None:
        return None
    return one, decode_base64(published[one]), decode_base64(fresh[other])


def _compare_pdfs(published: Any, fresh: Any, settings: TextSettings) -> OutputComparison:  # noqa: ANN401 - notebook content
    try:
        documents = decode_base64(published), decode_base64(fresh)
    except NotAPictureError as error:
        return OutputComparison(PDF, "not_compared", reason=f"A PDF was not compared: {error}.")
    return compare_pdfs(*documents, settings.tolerance, settings.apart)


def _compare_mime(mime: str, published: Any, fresh: Any, settings: TextSettings) -> OutputComparison:  # noqa: ANN401 - notebook content
    if mime in _WIDGETS | _CARRIERS:
        return OutputComparison(mime, "ignored", reason="Widgets have no stored content to compare.")
    if mime == "text/html":
        return compare_html(as_text(published), as_text(fresh), settings)
    if mime == "text/latex":
        return compare_latex(as_text(published), as_text(fresh), settings)
    if mime.endswith(("+json", "/json")):
        return compare_json(mime, published, fresh, settings)
    return compare_text(mime, as_text(published), as_text(fresh), settings)


def _one_sided(published: dict[str, Any], fresh: dict[str, Any], *, has_picture: bool) -> list[OutputComparison]:
    """Tell of MIME types that only one side has. A further form of a picture or text that was compared is no loss."""
    results: list[OutputComparison] = []
    for mime in sorted(set(published) - set(fresh)):
        if mime in _WIDGETS | _CARRIERS or (mime in IMAGES and has_picture):
            continue
        reason = f"The publication shows this output as {mime}; the run did not."
        results.append(OutputComparison(mime, "missing", reason=reason))
    for mime in sorted(set(fresh) - set(published)):
        if mime in _WIDGETS | _CARRIERS or (mime in IMAGES and has_picture):
            continue
        reason = f"The run shows this output as {mime}; the publication did not."
        results.append(OutputComparison(mime, "unexpected", reason=reason))
    return results


def _is_figure_repr(value: Any) -> bool:  # noqa: ANN401 - notebook content
    return _FIGURE_REPR.fullmatch(as_text(value)) is not None
