"""Read which ready image a repository names: a Dockerfile, an OCI reference, a Singularity image or its definition."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from builder.errors import BuildError
from builder.recipe.decoding import read_text
from builder.recipe.documents import read_json, text_of, unreadable
from builder.recipe.findings import Findings
from builder.recipe.model import Extra, Wish

# Source: the grammar of references in the specification of the OCI distribution.
_PART: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST: Final = (
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]{1,5})?"
)
_REFERENCE: Final = re.compile(
    rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
)
_REFERENCE_LIMIT: Final = 255
_FROM: Final = re.compile(r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\S+)", re.IGNORECASE | re.MULTILINE)
_BOOTSTRAP: Final = re.compile(r"^[ \t]*Bootstrap[ \t]*:[ \t]*[\w-]+", re.IGNORECASE | re.MULTILINE)
_SIF_MARK: Final = b"SIF_MAGIC"
_LFS_MARK: Final = b"version https://git-lfs"
_FILES_LIMIT: Final = 20
_DEVCONTAINER_STEPS: Final = (
    "features", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "containerEnv",
)  # fmt: skip


def is_reference(text: str) -> bool:
    """Tell whether the text names an OCI image and nothing else."""
    return len(text) <= _REFERENCE_LIMIT and bool(_REFERENCE.fullmatch(text))


def read_dockerfile(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the Dockerfile with the images it starts from, as far as it names them plainly.

    Raises BuildError recipe-unreadable for one that starts from nothing.
    """
    text = read_text(root / path, name=str(path))
    starts = _FROM.findall(text)
    if not starts:
        raise unreadable(path, "it has no FROM")
    values = tuple(dict.fromkeys(start for start in starts if is_reference(start)))
    _wish(findings, Wish.DOCKERFILE, path, values, "the Dockerfile is not followed")


def read_image_txt(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the image of image.txt, one line. Raises BuildError recipe-unreadable or requirement-forbidden."""
    lines = [line.partition("#")[0].strip() for line in read_text(root / path, name=str(path)).split("\n")]
    named = [line for line in lines if line]
    if len(named) != 1:
        raise unreadable(path, "it has to name one image")
    _image(named[0], path, findings)


def read_devcontainer(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the image of a development container, if it names one. Raises BuildError as `read_image_txt` does."""
    data = read_json(root, path, has_comments=True)
    image = text_of(data, "image")
    if not image or "${" in image:
        return
    _image(image, path, findings)
    left_out = [key for key in _DEVCONTAINER_STEPS if data.get(key)]
    if left_out:
        findings.approximations.append(f"{path}: not followed are {', '.join(left_out)}.")


def read_singularity(root: Path, folder: PurePosixPath, findings: Findings) -> None:
    """Add each Singularity image of the folder and each definition of one; other *.def files are left alone.

    Raises BuildError recipe-unreadable for a damaged image.
    """
    for path in singularity_files(root, folder):
        if path.suffix == ".sif":
            _sif(root, path, findings)
        else:
            _wish(findings, Wish.SIF, path, (str(path),), "the Singularity definition is not followed")


def singularity_files(root: Path, folder: PurePosixPath) -> list[PurePosixPath]:
    """Return the Singularity images of the folder, then the definitions of one; other *.def files are left out."""
    files = sorted(path.name for path in (root / folder).iterdir() if path.is_file() and not path.is_symlink())
    images = [folder / name for name in files if name.endswith(".sif")]
    named = [folder / name for name in files if name.endswith(".def") or name in ("Singularity", "Apptainer")]
    return [*images[:_FILES_LIMIT], *(path for path in named[:_FILES_LIMIT] if _is_definition(root / path))]


def _is_definition(path: Path) -> bool:
    with path.open("rb") as stream:
        return bool(_BOOTSTRAP.search(stream.read(2**16).decode("utf-8", "replace")))


def _sif(root: Path, path: PurePosixPath, findings: Findings) -> None:
    with (root / path).open("rb") as stream:
        head = stream.read(64)
    if head.startswith(_LFS_MARK):
        findings.notes.append(f"{path} lies in Git LFS and is not here.")
        return
    if _SIF_MARK not in head[:42]:
        raise unreadable(path, "it is no Singularity image")
    _wish(findings, Wish.SIF, path, (str(path),), "the Singularity image is not used")


def _image(reference: str, path: PurePosixPath, findings: Findings) -> None:
    reference = re.sub(r"^docker://", "", reference)
    if not is_reference(reference):
        reason = "it is no reference of an OCI image"
        raise BuildError("requirement-forbidden", requirement=reference[:200], file=str(path), reason=reason)
    _wish(findings, Wish.IMAGE, path, (reference,), f"the image {reference} is not used")


def _wish(findings: Findings, wish: Wish, path: PurePosixPath, values: tuple[str, ...], remark: str) -> None:
    findings.take_file(str(path))
    findings.extras.append(Extra(wish, str(path), values, f"{path}: {remark}."))
