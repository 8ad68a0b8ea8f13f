"""Compare a published notebook with its re-run. A library of its own: it knows nothing of runs, queues or Django."""

from reproduce.compare.files import compare_files, file_as_dict
from reproduce.compare.model import (
    CellComparison,
    FileComparison,
    NotebookComparison,
    OutputComparison,
    OutputState,
    Tolerance,
)
from reproduce.compare.notebook import COMPARATOR_VERSION, compare_notebooks, comparison_as_dict
from reproduce.compare.recorded import RecordedComparison, compare_recordings
from reproduce.compare.recorded_findings import RecordedFinding
from reproduce.compare.sanitize import SanitizeFileError, SanitizeRule, read_sanitize_file

__all__ = [
    "COMPARATOR_VERSION",
    "CellComparison",
    "FileComparison",
    "NotebookComparison",
    "OutputComparison",
    "OutputState",
    "RecordedComparison",
    "RecordedFinding",
    "SanitizeFileError",
    "SanitizeRule",
    "Tolerance",
    "compare_files",
    "compare_notebooks",
    "compare_recordings",
    "comparison_as_dict",
    "file_as_dict",
    "read_sanitize_file",
]
