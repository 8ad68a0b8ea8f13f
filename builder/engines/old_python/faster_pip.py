"""Run by an old Python instead of `python -m pip`: pip that looks at each project once.

The resolver of pip 20.3 reads and sorts all files of a project again for each step, which takes a minute for an
environment of 25 packages. While it runs, the index does not change, so the first answer holds. It runs the pips that
virtualenv brings, which are known. Nothing of this project is imported here: it runs on Python 2.7.
"""

import sys


def remembering(ask):
    # type: (object) -> object
    """Return the finder's method `ask` with a memory: pip then asks once for each project and set of versions."""
    known = {}  # type: dict[tuple[int, str, str], object]

    def find_best_candidate(self, project_name, specifier=None, hashes=None):
        # type: (object, str, object, object) -> object
        """Answer as before, from memory where no checksum narrows the choice."""
        if hashes:
            return ask(self, project_name, specifier, hashes)  # type: ignore[operator]
        key = (id(self), project_name, str(specifier))
        if key not in known:
            known[key] = ask(self, project_name, specifier, hashes)  # type: ignore[operator]
        return known[key]

    return find_best_candidate


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file, whose modules are not for this Python
    from pip._internal.cli.main import main
    from pip._internal.index.package_finder import PackageFinder

    # The pip that virtualenv brings is meant here, not the one beside the type checker.
    PackageFinder.find_best_candidate = remembering(  # type: ignore[assignment,method-assign,unused-ignore]
        PackageFinder.find_best_candidate
    )
    sys.exit(main())
