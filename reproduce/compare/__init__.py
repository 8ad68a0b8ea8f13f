"""Compare a published notebook with its re-run. A library of its own: it knows nothing of runs, queues or Django."""

from reproduce.compare.apart import Confine
from reproduce.compare.files import compare_files, file_as_dict
from reproduce.compare.known_pictures import KnownPictures, pictures_to_compare
from reproduce.compare.likeness import Likeness, likeness_of
from reproduce.compare.model import (
    CellComparison,
    ComparePictures,
    FileComparison,
    NotebookComparison,
    OutputComparison,
    OutputState,
    Tolerance,
)
from reproduce.compare.noise import MOST_RUNS, compare_repeatedly, settle_file
from reproduce.compare.notebook import COMPARATOR_VERSION, compare_notebooks, comparison_as_dict
from reproduce.compare.own_figures import RecordOf
from reproduce.compare.recorded import RecordedComparison, compare_recordings
from reproduce.compare.recorded_findings import RecordedFinding
from reproduce.compare.sanitize import SanitizeFileError, SanitizeRule, read_sanitize_file

__all__ = [
    "COMPARATOR_VERSION",
    "MOST_RUNS",
    "CellComparison",
    "ComparePictures",
    "Confine",
    "FileComparison",
    "KnownPictures",
    "Likeness",
    "NotebookComparison",
    "OutputComparison",
    "OutputState",
    "RecordOf",
    "RecordedComparison",
    "RecordedFinding",
    "SanitizeFileError",
    "SanitizeRule",
    "Tolerance",
    "compare_files",
    "compare_notebooks",
    "compare_recordings",
    "compare_repeatedly",
    "comparison_as_dict",
    "file_as_dict",
    "likeness_of",
    "pictures_to_compare",
    "read_sanitize_file",
    "settle_file",
]
