"""A copy of a repository in which something is declared for a trial; the repository itself is left alone."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from builder.errors import BuildError
from builder.recipe.git_diff import file_diff
from builder.recipe.model import Requirement
from builder.recipe.patch import repaired_files
from reproduce.diagnose import Proposal


class TrialCopy:
    """A copy at `place` of the repository at `root`. `is_changed` tells whether anything was declared in it."""

    def __init__(self, root: Path, place: Path) -> None:
        shutil.copytree(root, place, symlinks=True)
        self.place = place
        self._root = root
        self._files: dict[str, str] = {}

    def fork(self, place: Path) -> TrialCopy:
        """Return a copy of this one at `place`, with what was declared."""
        made = TrialCopy(self.place, place)
        made._files = dict(self._files)
        return made

    @property
    def is_changed(self) -> bool:
        """Whether anything was declared in it."""
        return bool(self._files)

    @property
    def has_python(self) -> bool:
        """Whether a Python was declared in it."""
        return any(path.endswith("runtime.txt") for path in self._files)

    def declare(self, proposal: Proposal, notebook: str, inferred: Sequence[Requirement]) -> None:
        """Declare what is proposed. `inferred` is what is read from the imports as long as nothing is declared."""
        reason = f"{notebook}: {proposal.reason.removesuffix('.')}"
        self.write(self.declaring(proposal.requirement, reason, inferred, proposal.python))

    def declaring(
        self, requirement: str, reason: str, inferred: Sequence[Requirement], python: str = ""
    ) -> Mapping[str, str]:
        """Return path and new text of the files that would declare this beside what is declared."""
        # What has been declared by an earlier step is read from the file.
        return repaired_files(
            self.place, requirement, reason, inferred=() if self.is_changed else inferred, python=python
        )

    def write(self, files: Mapping[str, str]) -> None:
        """Write these files. Raises BuildError recipe-unreadable where something else than a file is in the way."""
        for path, text in files.items():
            file = self.place / path
            try:
                file.unlink(missing_ok=True)  # a link there is replaced, not followed
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            except (IsADirectoryError, NotADirectoryError, FileExistsError, PermissionError) as error:
                raise BuildError("recipe-unreadable", file=path, reason=error.strerror) from error
        self._files |= files

    def patch(self) -> str:
        """Return the diff from the repository to what was written here."""
        return "".join(file_diff(self._root, path, text) for path, text in sorted(self._files.items()))
