"""What a declaration is refused for is shown as the line of its file."""

from __future__ import annotations

import pytest

from builder.errors import BuildError
from tests.builder.recipe.conftest import Read


def refused(read: Read, files: dict[str, str | bytes]) -> BuildError:
    with pytest.raises(BuildError) as caught:
        read(files)
    return caught.value


@pytest.mark.parametrize(
    ("files", "kind", "evidence"),
    [
        (
            {"requirements.txt": "numpy\n# mine\nscipy=>1.0\n"},
            "requirement-invalid",
            "requirements.txt, line 3: scipy=>1.0",
        ),
        (
            {"requirements.txt": "-r more/base.txt\n", "more/base.txt": "\n\nnumpy ==== 1\n"},
            "requirement-invalid",
            "more/base.txt, line 3: numpy ==== 1",
        ),
        (
            {"binder/environment.yml": "dependencies:\n  - python=3.9\n  - pip:\n    - https://me:pw@h.org/x.git\n"},
            "requirement-forbidden",
            "binder/environment.yml: https://…@h.org/x.git",
        ),
        (
            {"environment.yml": "name: x\ndependencies: [numpy\n"},
            "recipe-unreadable",
            "environment.yml, line 2: dependencies: [numpy",
        ),
        (
            {"environment.yml": "name: x\ndependencies:\n  - numpy: : 1\n"},
            "recipe-unreadable",
            "environment.yml, line 3: - numpy: : 1",
        ),
        (
            {"pyproject.toml": "[project]\nname = 'x'\ndependencies = [\n  'numpy', &\n]\n"},
            "recipe-unreadable",
            "pyproject.toml, line 4: 'numpy', &",
        ),
        ({"requirements.txt": b"numpy\0"}, "recipe-unreadable", ""),
    ],
    ids=["plain", "nested", "address", "open-end", "yaml", "toml", "no-text"],
)
def test_the_line_that_was_refused_is_the_evidence(
    read: Read, files: dict[str, str | bytes], kind: str, evidence: str
) -> None:
    error = refused(read, files)
    assert (error.kind_id, error.cause.evidence) == (kind, evidence)
