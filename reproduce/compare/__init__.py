"""Compare a published notebook with its re-run. A library of its own: it knows nothing of runs, queues or Django."""

from reproduce.compare.model import CellComparison, NotebookComparison, OutputComparison, OutputState, Tolerance
from reproduce.compare.notebook import COMPARATOR_VERSION, compare_notebooks, comparison_as_dict
from reproduce.compare.sanitize import SanitizeFileError, SanitizeRule, read_sanitize_file

__all__ = [
    "COMPARATOR_VERSION",
    "CellComparison",
    "NotebookComparison",
    "OutputComparison",
    "OutputState",
    "SanitizeFileError",
    "SanitizeRule",
    "Tolerance",
    "compare_notebooks",
    "comparison_as_dict",
    "read_sanitize_file",
]
