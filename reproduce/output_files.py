"""The output files that a target declares: those of the run beside those that the repository holds."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final

from builder.engines.sandbox import sandboxed
from reproduce.compare import Confine, FileComparison, SanitizeRule, Tolerance, compare_files, settle_file
from reproduce.runner.bundle import FILES_DIRECTORY
from reproduce.runner.written import is_shown_as_it_is, matches

_PROJECT: Final = Path(__file__).resolve().parents[1]
_MOST_ENTRIES: Final = 500_000
_SPECIAL: Final = "*?["


def compare_output_files(
    declared: Sequence[str],
    *,
    snapshot: Path,
    bundle: Path,
    tolerance: Tolerance,
    sanitize: Sequence[SanitizeRule] = (),
    is_sandboxed: bool,
) -> tuple[FileComparison, ...]:
    """Compare what the run wrote, of what is declared, with the repository's files of the same paths."""
    if not declared:
        return ()
    kept = bundle / FILES_DIRECTORY
    return compare_files(
        {path: snapshot / path for path in _matching(snapshot, declared)},
        {path: kept / path for path in _matching(kept, declared)},
        declared=[path for path in declared if not any(sign in path for sign in _SPECIAL)],
        tolerance=tolerance,
        sanitize=sanitize,
        confine=confine_readers(is_sandboxed=is_sandboxed),
    )


def compare_output_files_of_runs(
    declared: Sequence[str],
    *,
    snapshot: Path,
    bundles: Sequence[Path],
    tolerance: Tolerance,
    sanitize: Sequence[SanitizeRule] = (),
    is_sandboxed: bool,
    records: Sequence[Callable[[str], bytes | None]] = (),
) -> tuple[FileComparison, ...]:
    """Compare what each run wrote with the repository's files; what the runs disagree about is unstable.

    `records` give what each run recorded of the figure that it saved to a path.
    """
    against = [
        compare_output_files(
            declared,
            snapshot=snapshot,
            bundle=bundle,
            tolerance=tolerance,
            sanitize=sanitize,
            is_sandboxed=is_sandboxed,
        )
        for bundle in bundles
    ]
    by_path = [{file.path: file for file in files} for files in against]
    if all(_digests(files) == _digests(against[0]) for files in against[1:]):
        return against[0]
    own = [
        {
            file.path: file
            for file in compare_output_files(
                declared,
                snapshot=one / FILES_DIRECTORY,
                bundle=other,
                tolerance=tolerance,
                sanitize=sanitize,
                is_sandboxed=is_sandboxed,
            )
        }
        for one, other in combinations(bundles, 2)
    ]
    return tuple(
        settle_file(
            [files[file.path] for files in by_path if file.path in files],
            [files[file.path] for files in own if file.path in files],
            tolerance,
            [record_of(file.path) for record_of in records],
        )
        for file in against[0]
    )


def _digests(files: Sequence[FileComparison]) -> list[tuple[str, str | None]]:
    return [(file.path, file.fresh_sha256) for file in files]


def _matching(root: Path, patterns: Sequence[str]) -> Iterator[str]:
    """Yield plain files below a directory that a pattern means, without following links."""
    left = _MOST_ENTRIES
    for parent, folders, names in os.walk(root):
        folders[:] = sorted(folder for folder in folders if folder != ".git")
        for name in sorted(names):
            left -= 1
            path = Path(parent, name)
            relative = str(path.relative_to(root))
            is_meant = is_shown_as_it_is(relative) and any(matches(relative, pattern) for pattern in patterns)
            if is_meant and path.is_file() and not path.is_symlink():
                yield relative
        if left < 0:
            return


def confine_readers(*, is_sandboxed: bool) -> Confine | None:
    """Return what confines the programs that read files of a stranger's making; None where nothing can."""
    return confined if is_sandboxed and shutil.which("bwrap") else None


def confined(command: list[str], files: Sequence[Path]) -> list[str]:
    """Show what reads files of a stranger's making those files, this Python and the comparison alone."""
    readonly = [*files, Path(sys.prefix), Path(sys.base_prefix)]
    variables = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(_PROJECT), "OMP_NUM_THREADS": "1"}
    return sandboxed(command, readonly=readonly, writable=(), variables=variables, cwd=Path("/"), has_network=False)
