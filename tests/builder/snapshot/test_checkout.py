"""Fetching one exact commit: whole, read-only, once; everything hostile refused."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builder.errors import SnapshotError
from builder.snapshot import addresses
from builder.snapshot.checkout import FetchLimits, fetch_snapshot
from builder.snapshot.facts import SnapshotFacts
from builder.snapshot.source import PUBLIC_SCHEMES, parse_source
from tests.builder.snapshot.conftest import DATE, git

Fetch = Callable[..., SnapshotFacts]


def refused(fetch: Fetch, *arguments: object, **options: object) -> SnapshotError:
    with pytest.raises(SnapshotError) as caught:
        fetch(*arguments, **options)
    return caught.value


def commit(repository: Path, message: str = "more") -> str:
    git("add", "-A", ".", cwd=repository)
    git("commit", "-q", "-m", message, cwd=repository)
    return git("rev-parse", "HEAD", cwd=repository)


def left(tmp_path: Path) -> list[str]:
    into = tmp_path / "snapshots"
    return sorted(path.name for path in into.iterdir()) if into.exists() else []


def test_lays_out_the_commit_with_its_date_and_identity(fetch: Fetch, repository: Path) -> None:
    facts = fetch(repository)
    assert facts.commit == git("rev-parse", "HEAD", cwd=repository)
    assert facts.tree == git("rev-parse", "HEAD^{tree}", cwd=repository)
    assert facts.swhid == f"swh:1:dir:{facts.tree}"
    assert facts.committed_at is not None
    assert facts.committed_at.isoformat() == DATE
    assert [each.path for each in facts.notebooks] == ["figure.ipynb"]
    assert facts.size_bytes == sum(path.stat().st_size for path in facts.path.rglob("*") if path.is_file())


@pytest.mark.parametrize("ref", ["main", "v1", None, "full", "short"])
def test_finds_branch_tag_and_commit(fetch: Fetch, repository: Path, ref: str | None) -> None:
    head = git("rev-parse", "HEAD", cwd=repository)
    named = {"full": head, "short": head[:9]}.get(ref or "", ref)
    assert fetch(repository, named).commit == head


def test_fetches_an_older_commit_that_no_branch_names(fetch: Fetch, repository: Path) -> None:
    first = git("rev-parse", "HEAD", cwd=repository)
    (repository / "more.txt").write_text("more")
    commit(repository)
    facts = fetch(repository, first)
    assert facts.commit == first
    assert not (facts.path / "more.txt").exists()


def test_files_are_read_only_and_byte_for_byte(fetch: Fetch, repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.csv text eol=lf\n*.txt ident\n")
    (repository / "id.txt").write_text("$Id$\n")
    commit(repository)
    git("-c", "core.autocrlf=false", "checkout", "-q", "HEAD", cwd=repository)
    facts = fetch(repository)
    assert (facts.path / "id.txt").read_bytes() == b"$Id$\n"
    assert (facts.path / "id.txt").stat().st_mode & 0o222 == 0


def test_a_second_fetch_reuses_the_files(fetch: Fetch, repository: Path) -> None:
    inode = (fetch(repository).path / "data.csv").stat().st_ino
    assert (fetch(repository).path / "data.csv").stat().st_ino == inode


def test_a_known_commit_needs_no_host(fetch: Fetch, repository: Path) -> None:
    head = fetch(repository).commit
    repository.rename(repository.with_name("gone"))
    assert fetch(repository, head).commit == head


def test_files_that_were_damaged_since_are_fetched_again(fetch: Fetch, repository: Path) -> None:
    facts = fetch(repository)
    (facts.path / "data.csv").unlink()
    assert (fetch(repository).path / "data.csv").read_bytes() == b"a,b\r\n1,2\r\n"


def test_nothing_but_the_snapshot_is_left(fetch: Fetch, repository: Path, tmp_path: Path) -> None:
    facts = fetch(repository)
    assert left(tmp_path) == [facts.commit]


def test_a_missing_ref_is_named(fetch: Fetch, repository: Path) -> None:
    error = refused(fetch, repository, "nowhere")
    assert (error.kind_id, error.data["ref"]) == ("repository-ref-missing", "nowhere")
    assert error.cause.evidence == "git ls-remote lists 3, not nowhere: HEAD, heads/main, tags/v1"


def test_a_commit_that_is_not_there_is_a_missing_ref(fetch: Fetch, repository: Path) -> None:
    error = refused(fetch, repository, "a" * 40)
    assert error.kind_id == "repository-ref-missing"
    assert "a" * 40 in error.cause.evidence


def test_a_missing_repository(fetch: Fetch, tmp_path: Path) -> None:
    error = refused(fetch, tmp_path / "nothing")
    assert error.kind_id == "repository-missing"
    assert "does not appear to be a git repository" in error.cause.evidence


def test_an_empty_repository(fetch: Fetch, tmp_path: Path) -> None:
    git("init", "-q", "--bare", "empty", cwd=tmp_path)
    error = refused(fetch, tmp_path / "empty")
    assert (error.kind_id, error.cause.evidence) == ("repository-empty", "git ls-remote lists no branch and no tag")


def test_a_commit_without_files_is_empty(fetch: Fetch, repository: Path) -> None:
    git("rm", "-q", "-r", ".", cwd=repository)
    git("commit", "-q", "-m", "nothing", cwd=repository)
    assert refused(fetch, repository).kind_id == "repository-empty"


def test_too_many_bytes_end_the_fetch_and_leave_nothing(fetch: Fetch, repository: Path, tmp_path: Path) -> None:
    (repository / "large.bin").write_bytes(os.urandom(300_000))
    commit(repository)
    error = refused(fetch, repository, limits=FetchLimits(size_bytes=200_000))
    assert error.kind_id == "repository-too-large"
    assert left(tmp_path) == []


def test_files_that_grow_when_unpacked_are_counted(fetch: Fetch, repository: Path, tmp_path: Path) -> None:
    (repository / "zeros.bin").write_bytes(b"\0" * 5_000_000)
    commit(repository)
    error = refused(fetch, repository, limits=FetchLimits(size_bytes=1_000_000))
    assert error.kind_id == "repository-too-large"
    assert "of 5000" in error.cause.evidence
    assert left(tmp_path) == []


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "a/../../.."])
def test_a_symbolic_link_that_leads_out_is_refused(fetch: Fetch, repository: Path, tmp_path: Path, target: str) -> None:
    (repository / "link").symlink_to(target)
    commit(repository)
    error = refused(fetch, repository)
    assert error.kind_id == "repository-hostile"
    assert "link" in error.data["reason"]
    assert error.cause.evidence == f"link -> {target}"
    assert left(tmp_path) == []


def test_a_chain_of_links_that_leads_out_is_refused(fetch: Fetch, repository: Path) -> None:
    (repository / "d" / "e").mkdir(parents=True)
    (repository / "d" / "e" / "top").symlink_to("../..")
    (repository / "sly").symlink_to("d/e/top/../..")
    commit(repository)
    assert refused(fetch, repository).kind_id == "repository-hostile"


def test_a_symbolic_link_inside_stays(fetch: Fetch, repository: Path) -> None:
    (repository / "link.csv").symlink_to("data.csv")
    commit(repository)
    assert (fetch(repository).path / "link.csv").is_symlink()


def test_a_strange_file_name_is_refused(fetch: Fetch, repository: Path) -> None:
    (repository / "a\nb").write_text("x")
    commit(repository)
    assert refused(fetch, repository).kind_id == "repository-hostile"


def test_submodules_and_large_file_pointers_are_left_and_said(fetch: Fetch, repository: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
    (repository / "big.h5").write_text(pointer)
    (repository / ".gitattributes").write_text("*.h5 filter=lfs diff=lfs merge=lfs -text\n")
    git("-c", "filter.lfs.clean=cat", "add", ".", cwd=repository)
    head = git("rev-parse", "HEAD", cwd=repository)
    git("update-index", "--add", "--cacheinfo", f"160000,{head},sub", cwd=repository)
    git("commit", "-q", "-m", "both", cwd=repository)
    log: list[str] = []
    facts = fetch(repository, log=log)
    assert (facts.path / "big.h5").read_text() == pointer
    assert any("big.h5" in line for line in log)
    assert any("sub" in line and "Submodules" in line for line in log)


def test_hooks_and_filters_of_the_repository_do_not_run(fetch: Fetch, repository: Path, tmp_path: Path) -> None:
    (repository / ".gitattributes").write_text("* filter=evil\n")
    commit(repository)
    git("config", "filter.evil.smudge", f"touch {tmp_path}/ran", cwd=repository)
    fetch(repository)
    assert not (tmp_path / "ran").exists()


def test_a_name_behind_which_a_private_address_stands_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*arguments: object, **options: object) -> list[object]:
        return [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.7", 443))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", answer)
    with pytest.raises(SnapshotError) as caught:
        fetch_snapshot(parse_source("https://rebound.example.org/x"), into=tmp_path, limits=FetchLimits(), on_log=print)
    assert caught.value.kind_id == "source-private"


def test_a_scheme_that_is_not_allowed_is_refused_when_fetching_too(repository: Path, tmp_path: Path) -> None:
    source = parse_source(f"file://{repository}", allowed_schemes=frozenset({"file"}))
    with pytest.raises(SnapshotError) as caught:
        fetch_snapshot(source, into=tmp_path / "s", limits=FetchLimits(), on_log=print, allowed_schemes=PUBLIC_SCHEMES)
    assert caught.value.kind_id == "source-scheme"


@pytest.fixture
def served(repository: Path) -> Iterator[tuple[str, list[str]]]:
    """The repository over dumb HTTP under /new; /old redirects there, /inside to a private address, /slow hangs."""
    git("update-server-info", cwd=repository)
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, directory=str(repository / ".git"), **options)  # type: ignore[arg-type]

        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path.startswith("/old/"):
                self.send_response(301)
                self.send_header("Location", self.path.replace("/old/", "/new/", 1))
                self.end_headers()
            elif self.path.startswith("/circle/"):
                self.send_response(302)
                self.send_header("Location", self.path)
                self.end_headers()
            elif self.path.startswith("/login/"):
                self.send_response(302)
                self.send_header("Location", "/users/sign_in")
                self.end_headers()
            elif self.path.startswith("/new/"):
                self.path = self.path.removeprefix("/new")
                super().do_GET()
            else:
                self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def test_a_moved_repository_is_followed(fetch: Fetch, repository: Path, served: tuple[str, list[str]]) -> None:
    assert fetch(f"{served[0]}/old").commit == git("rev-parse", "HEAD", cwd=repository)


def test_a_host_without_single_commits_gives_its_history(
    fetch: Fetch, repository: Path, served: tuple[str, list[str]]
) -> None:
    first = git("rev-parse", "HEAD", cwd=repository)
    assert fetch(f"{served[0]}/new", first).commit == first


@pytest.mark.parametrize(
    ("path", "kind"),
    [("nothing", "repository-missing"), ("login", "repository-missing"), ("circle", "repository-unreachable")],
)
def test_what_a_host_answers_is_told_apart(fetch: Fetch, served: tuple[str, list[str]], path: str, kind: str) -> None:
    error = refused(fetch, f"{served[0]}/{path}")
    assert error.kind_id == kind
    assert error.cause.evidence.startswith("git: ") is (kind == "repository-missing")


def test_a_host_that_does_not_listen_is_unreachable(fetch: Fetch) -> None:
    assert refused(fetch, "http://127.0.0.1:9/x").kind_id == "repository-unreachable"
