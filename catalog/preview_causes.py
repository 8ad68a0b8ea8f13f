"""Causes of a file of data that is not looked into; they stand in the one catalogue of catalog.causes."""

from __future__ import annotations

from typing import Final

from catalog.cause_kinds import Kind

# fmt: off
PREVIEW_KINDS: Final = (
    Kind("preview-not-here", "operator", "{path} cannot be looked into here: {reason}.", "Fetch it from where its dataset lies. The operator can bring it here and say where with manage.py data add."),
    Kind("preview-not-fetched", "upstream", "{path} was not fetched: {reason}.", "Fetch it yourself from where its dataset lies. The operator can bring it here and say where with manage.py data add."),
    Kind("preview-missing", "visitor", "Nothing was found in {path}: {reason}.", "Ask for a path that its group lists."),
    Kind("preview-too-large", "visitor", "{path} is not shown so: {reason}.", "Take a selection, such as selection=0,:,:, or fetch the file and open it in a program of your own."),
    Kind("preview-unreadable", "author", "{path} cannot be shown: {reason}.", "Fetch the file and open it in a program of your own; if that cannot read it either, ask who made it."),
    Kind("preview-busy", "service", "As many files are being looked into as this service does at a time.", "Try again in a few seconds."),
)
# fmt: on
