"""Answers to the questions of h5grove's own servers, made by its own classes from a file that is guarded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import h5py
from h5grove.content import (
    DatasetContent,
    EntityContent,
    GroupContent,
    ResolvedEntityContent,
    create_content,
)
from h5grove.encoders import encode
from h5grove.models import LinkResolution
from h5grove.utils import NotFoundError, QueryArgumentError, hdf_path_join, parse_link_resolution_arg

from reproduce.preview.bounds import MOST_ATTRIBUTES, MOST_MEMBERS, MOST_PATH_CHARACTERS, MOST_PATHS
from reproduce.preview.guarded_file import GuardedFile, address_of, link_at, names_in, open_member
from reproduce.preview.question import Question, RefusedError
from reproduce.preview.values import check_attribute, check_values, selected


def answer(file: GuardedFile, question: Question) -> bytes:
    """Return the body that h5grove would answer with. Raises RefusedError, and what the libraries raise."""
    try:
        resolution = parse_link_resolution_arg(question.resolve_links, fallback=LinkResolution.ONLY_VALID)
        content = create_content(file, question.path, resolution)
        if question.part == "meta":
            return as_json(metadata(content))
        if question.part == "attr":
            return as_json(_attributes(content, question))
        if question.part == "paths":
            return as_json(list(_paths(file, content, resolution)))
        if not isinstance(content, DatasetContent):
            raise RefusedError("preview-unreadable", f"{question.path} is not a dataset")
        return _stats(file, content, question) if question.part == "stats" else _data(file, content, question)
    except NotFoundError as error:
        raise RefusedError("preview-missing", str(error)) from error
    except QueryArgumentError as error:
        raise RefusedError("preview-unreadable", str(error)) from error


def metadata(content: EntityContent) -> Any:  # noqa: ANN401 - whatever h5grove tells, for JSON alone
    """Return what h5grove tells of an object. Raises RefusedError for one with too many members or attributes."""
    if isinstance(content, ResolvedEntityContent):
        _check_attribute_count(content)
    if isinstance(content, GroupContent):
        _check_members(content)
    return content.metadata()


def _attributes(content: EntityContent, question: Question) -> Any:  # noqa: ANN401 - as above
    if not isinstance(content, ResolvedEntityContent):
        raise RefusedError("preview-unreadable", f"{question.path} is a link that is not followed")
    _check_attribute_count(content)
    attributes = _thing(content).attrs
    for name in question.attributes or attributes.keys():
        if name not in attributes:
            raise RefusedError("preview-missing", f"{question.path} has no attribute {name[:60]}")
        check_attribute(attributes, name)
    return content.attributes(question.attributes)


def _data(file: GuardedFile, content: DatasetContent, question: Question) -> bytes:
    dataset = _thing(content)
    is_text = question.format in ("json", "csv")
    if dataset.shape is not None:
        check_values(file, dataset, selected(dataset.shape, question.selection), is_text=is_text)
    if question.format != "json" and dataset.dtype.hasobject:
        raise RefusedError("preview-unreadable", "values without a fixed size are given as JSON alone")
    found = content.data(question.selection, question.is_flat, question.dtype)
    return as_json(found) if question.format == "json" else encode(found, question.format).content


def _stats(file: GuardedFile, content: DatasetContent, question: Question) -> bytes:
    dataset = _thing(content)
    if dataset.shape is None or dataset.dtype.kind not in "biuf":
        raise RefusedError("preview-unreadable", f"{question.path} has no numbers")
    check_values(file, dataset, selected(dataset.shape, question.selection), is_text=False)
    return as_json(content.data_stats(question.selection))


def _paths(file: GuardedFile, content: EntityContent, resolution: LinkResolution) -> Iterator[str]:
    """Yield the paths below a group, each group once: as H5Lvisit goes, and not by calls within calls."""
    if not isinstance(content, GroupContent):
        raise RefusedError("preview-unreadable", f"{content.path} is not a group")
    yield content.path
    seen = {address_of(_thing(content))}
    pending = [_members(_thing(content), content.path)]
    count = characters = 0
    while pending:
        step = next(pending[-1], None)
        if step is None:
            pending.pop()
            continue
        group, name, path = step
        count, characters = count + 1, characters + len(path)
        if count > MOST_PATHS or characters > MOST_PATH_CHARACTERS:
            raise RefusedError("preview-too-large", f"there are more than {count - 1} paths; ask for those of a group")
        if not isinstance(link_at(group, name), h5py.HardLink):
            yield create_content(file, path, resolution).path
            continue
        yield path
        thing = open_member(group, name)
        if isinstance(thing, h5py.Group) and address_of(thing) not in seen:
            seen.add(address_of(thing))
            pending.append(_members(thing, path))


def _members(group: Any, path: str) -> Iterator[tuple[Any, str, str]]:  # noqa: ANN401 - h5py has no types
    return ((group, name, hdf_path_join(path, name)) for name in names_in(group))


def _check_members(content: GroupContent) -> None:
    count = _thing(content).id.get_num_objs()
    if count > MOST_MEMBERS:
        raise RefusedError(
            "preview-too-large",
            f"{content.path} has {count} members, and {MOST_MEMBERS} are listed; each can be asked for by its path",
        )


def _check_attribute_count(content: ResolvedEntityContent[Any]) -> None:
    count = h5py.h5a.get_num_attrs(_thing(content).id)
    if count > MOST_ATTRIBUTES:
        raise RefusedError(
            "preview-too-large", f"{content.path} has {count} attributes, and {MOST_ATTRIBUTES} are listed"
        )


def _thing(content: ResolvedEntityContent[Any]) -> Any:  # noqa: ANN401 - as above
    # h5grove has no public name for it, and what is asked of it here has to be asked before anything is read.
    return content._h5py_entity


def as_json(content: Any) -> bytes:  # noqa: ANN401 - as above
    """Return JSON as h5grove writes it; a sign that is no UTF-8 as the sign for that, where h5grove would give up."""
    try:
        return bytes(encode(content, "json").content)
    except (TypeError, UnicodeError):
        return bytes(encode(_cleaned(content), "json").content)


def _cleaned(content: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(content, str):
        return content.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace")
    if isinstance(content, dict):
        return {_cleaned(name): _cleaned(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_cleaned(value) for value in content]
    return _cleaned(content.tolist()) if hasattr(content, "tolist") else content
