"""The store of roots: kept once under the image's digest, found only when whole, and checked when asked."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from builder.engines.containers.roots import RootStore
from builder.engines.containers.unpacking import RootLimits
from builder.errors import BuildError
from tests.image_tar import DIGEST, QUIET, ImageTar, stream_of


@pytest.fixture
def store(tmp_path: Path) -> RootStore:
    return RootStore(tmp_path / "roots")


def _tar() -> ImageTar:
    return ImageTar().file("usr/bin/tool", b"#!", mode=0o755).file("etc/a", b"12345").link("bin", "usr/bin")


def test_a_root_is_kept_with_what_is_known_of_its_image(store):
    root = store.put(_tar().export, digest=DIGEST, repository="/home/x", config={"user": "x"}, progress=QUIET)
    assert (root.path / "etc/a").read_bytes() == b"12345"
    assert store.find(DIGEST) == root
    assert (root.digest, root.repository) == (DIGEST, "/home/x")
    assert (store.size_bytes(DIGEST), store.config(DIGEST), store.digests()) == (7, {"user": "x"}, [DIGEST])


def test_a_root_that_is_here_is_not_exported_again(store):
    def never() -> None:
        raise AssertionError("exported again")

    first = store.put(_tar().export, digest=DIGEST, progress=QUIET)
    assert store.put(never, digest=DIGEST, progress=QUIET) == first


def test_an_export_that_fails_at_its_end_leaves_nothing(store, tmp_path):
    @contextmanager
    def breaking():
        with _tar().export() as stream:
            yield stream
        raise BuildError("disk-full", path="there")

    with pytest.raises(BuildError, match="no disk space"):
        store.put(breaking, digest=DIGEST, progress=QUIET)
    assert store.find(DIGEST) is None
    assert [path.name for path in (tmp_path / "roots").iterdir() if path.is_dir()] == []


def test_a_refused_image_leaves_nothing(store, tmp_path):
    with pytest.raises(BuildError):
        store.put(ImageTar().file("a").file("../b").export, digest=DIGEST, progress=QUIET)
    assert not [path for path in (tmp_path / "roots").iterdir() if path.is_dir()]


def test_the_limit_of_the_operator_holds(tmp_path):
    small = RootStore(tmp_path / "roots", limits=RootLimits(size_bytes=8192))
    with pytest.raises(BuildError) as refused:
        small.put(ImageTar().file("a", b"x" * 9000).export, digest=DIGEST, progress=QUIET)
    assert refused.value.kind_id == "image-too-large"


def test_two_who_want_the_same_root_unpack_it_once(store):
    opened = []

    @contextmanager
    def counted():
        opened.append(1)
        with _tar().export() as stream:
            yield stream

    threads = [threading.Thread(target=lambda: store.put(counted, digest=DIGEST, progress=QUIET)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


def test_a_root_without_its_marker_is_made_again(store):
    root = store.put(_tar().export, digest=DIGEST, progress=QUIET)
    (root.path.parent / "root.json").unlink()
    assert store.find(DIGEST) is None
    store.put(_tar().export, digest=DIGEST, progress=QUIET)
    assert store.verify(DIGEST, progress=QUIET) == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda path: (path / "etc/a").chmod(0o755), "etc/a"),
        (lambda path: ((path / "etc/a").unlink(), (path / "etc/a").write_bytes(b"54321")), "etc/a"),
        (lambda path: (path / "etc/new").touch(), "etc/new"),
        (lambda path: (path / "bin").unlink(), "bin"),
        (lambda path: (path.parent / "manifest").write_bytes(b""), "manifest"),
    ],
)
def test_a_changed_root_is_noticed(store, change, named):
    root = store.put(_tar().export, digest=DIGEST, progress=QUIET)
    assert store.verify(DIGEST, progress=QUIET) == ()
    change(root.path)
    assert store.verify(DIGEST, progress=QUIET) == (named,)


def test_a_removed_root_is_gone(store):
    root = store.put(_tar().export, digest=DIGEST, progress=QUIET)
    assert store.remove(DIGEST)
    assert not root.path.parent.exists()
    assert not store.remove(DIGEST)
    with pytest.raises(BuildError, match="not here any more"):
        store.verify(DIGEST, progress=QUIET)


@pytest.mark.parametrize("digest", ["", "latest", "sha256:../../etc", "sha256:" + "A" * 64, DIGEST + "\n"])
def test_what_is_no_digest_is_no_place(store, digest):
    with pytest.raises(BuildError):
        store.put(stream_of(b""), digest=digest, progress=QUIET)


@pytest.mark.real
def test_an_image_of_docker_is_unpacked_whole(store, container_engine):
    digest = container_engine.docker("image", "inspect", "--format", "{{.Id}}", container_engine.base_image)
    client = container_engine.client()
    root = store.put(lambda: client.exported(digest, progress=QUIET), digest=digest, progress=QUIET)
    assert (root.path / "usr/bin/python3").exists()
    assert store.verify(digest, progress=QUIET) == ()
