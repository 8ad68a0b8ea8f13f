"""The arguments that say how far outputs may be from the published ones, and what they mean beside the catalogue's."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from typing import Any

from catalog.declarable import COMPARISON_RULES
from reproduce.compare import Tolerance


@dataclass(frozen=True, slots=True)
class AskedTolerance:
    """What was asked for; None and an empty set stand for "not given"."""

    rtol: float | None = None
    atol: float | None = None
    image: float | None = None
    disabled_rules: frozenset[str] = frozenset()

    def over(self, declared: Tolerance) -> Tolerance:
        """Return what was asked for, and for the rest what is declared."""
        return Tolerance(
            declared.rtol if self.rtol is None else self.rtol,
            declared.atol if self.atol is None else self.atol,
            declared.image if self.image is None else self.image,
            self.disabled_rules or declared.disabled_rules,
        )


def add_tolerance_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "--rtol",
        type=limit,
        metavar="NUMBER",
        help="relative tolerance of numbers; to the printed precision without it",
    )
    add("--atol", type=limit, metavar="NUMBER", help="absolute tolerance of numbers")
    add("--image-limit", type=limit, metavar="NUMBER", help="largest accepted value of the metric of pictures")
    add(
        "--disable-rule",
        choices=COMPARISON_RULES,
        action="append",
        default=[],
        metavar="RULE",
        help="switch off a rule by which the comparison leaves out what is no result, as literal-order; repeatable",
    )


def read_tolerance(values: dict[str, Any]) -> AskedTolerance:
    """Return the parsed arguments."""
    return AskedTolerance(values["rtol"], values["atol"], values["image_limit"], frozenset(values["disable_rule"]))


def limit(text: str) -> float:
    """Read a finite number that is not negative."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"“{text}” is no number of zero or more")
    return value
