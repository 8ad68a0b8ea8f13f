"""Run by an old Python instead of `python -m pip`: pip that looks at each project once.

The resolver of pip 20.3 reads and sorts all files of a project again for each step, which takes a minute for an
environment of 25 packages. While it runs, the index does not change, so the first answer holds. Any other pip works as
it always does. Nothing of this project is imported here: it runs on Python 2.7.
"""

import sys


def remember_candidates():
    # type: () -> None
    """Let pip ask for the files of a project once for each set of versions."""
    try:
        from pip._internal.index.package_finder import PackageFinder  # noqa: PLC0415 - older and newer ones lack it
    except ImportError:
        return
    ask = PackageFinder.find_best_candidate
    known = {}  # type: dict[tuple[int, str, str], object]

    def find_best_candidate(self, project_name, specifier=None, hashes=None):
        # type: (object, str, object, object) -> object
        """Answer as before, from memory where no checksum narrows the choice."""
        if hashes:
            return ask(self, project_name, specifier, hashes)
        key = (id(self), project_name, str(specifier))
        if key not in known:
            known[key] = ask(self, project_name, specifier, hashes)
        return known[key]

    # Another pip than the one beside the type checker is meant here.
    PackageFinder.find_best_candidate = find_best_candidate  # type: ignore[assignment,method-assign,unused-ignore]


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file, whose modules are not for this Python
    from pip._internal.cli.main import main

    remember_candidates()
    sys.exit(main())
