"""The command line that Docker and Podman are given; Podman is a stand-in that answers as Podman does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.engines.containers.client import ContainerClient
from builder.engines.containers.image_builder import ImageBuilder
from builder.engines.containers.room import Room
from builder.engines.limits import DEFAULT_LIMITS
from builder.engines.progress import BuildCancelledError, Progress
from builder.errors import BuildError

QUIET = Progress(lambda line: None)
ID = "ab" * 32


@pytest.fixture
def podman(tmp_path: Path) -> ContainerClient:
    answers = tmp_path / "answers"
    answers.mkdir()
    image = {
        "Id": ID,
        "RepoDigests": [f"registry.example.org/a@sha256:{'cd' * 32}", "localhost/odd"],
        "Size": 7,
        "Config": {"Env": ["PATH=/bin", "EMPTY="], "Labels": {"x": "y" * 20_000}, "WorkingDir": "/home/jovyan"},
    }
    (answers / "inspect").write_text(f"WARNING: a word before\n{json.dumps(image)}\n")
    (answers / "version").write_text(json.dumps({"Client": {"Version": "4.9.3"}, "Server": None}))
    (answers / "load").write_text("Loaded image: localhost/given:latest\n")
    program = tmp_path / "podman"
    program.write_text(
        f'#!/bin/sh\necho "$CONTAINER_HOST $*" >> {tmp_path}/asked\n'
        f'case "$*" in *missing*) echo "Error: missing: image not known" >&2; exit 125;; esac\n'
        f'case "$1 $2" in "image inspect") cat {answers}/inspect;; "version "*) cat {answers}/version;; "load "*)'
        f" cat >/dev/null; cat {answers}/load;; esac\n"
    )
    program.chmod(0o755)
    return ContainerClient(str(program), host="unix:///run/podman.sock")


def asked(client: ContainerClient) -> list[str]:
    return (Path(client.program).parent / "asked").read_text().splitlines()


def test_podman_is_asked_at_its_socket_and_its_words_are_understood(podman: ContainerClient) -> None:
    image = podman.inspect("localhost/a", progress=QUIET)
    assert image is not None
    assert image.id == f"sha256:{ID}"
    assert image.digests_of("registry.example.org/a") == [f"sha256:{'cd' * 32}"]
    assert (image.variables, image.working_directory) == ((("PATH", "/bin"), ("EMPTY", "")), "/home/jovyan")
    assert podman.version(progress=QUIET) == "podman 4.9.3"
    assert asked(podman)[0] == "unix:///run/podman.sock image inspect --format {{json .}} localhost/a"


def test_an_image_that_podman_has_not_is_none(podman: ContainerClient) -> None:
    assert podman.inspect("localhost/missing", progress=QUIET) is None


def test_an_archive_is_loaded_by_name(podman: ContainerClient, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"x" * 100_000)
    podman.load(tmp_path / "a.tar", progress=QUIET)
    assert asked(podman)[-1].endswith("image inspect --format {{json .}} localhost/given:latest")


def test_podman_limits_the_memory_of_a_build(podman: ContainerClient, tmp_path: Path) -> None:
    builder = ImageBuilder(podman, "base", "", tmp_path, 60, DEFAULT_LIMITS)
    assert builder._limit_arguments() == ("--memory", str(DEFAULT_LIMITS.memory_bytes))


def test_a_build_hears_of_no_password_and_no_variable_of_the_service(
    podman: ContainerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    (own / "cli-plugins").mkdir(parents=True)
    (own / "config.json").write_text('{"auths": {"registry.example.org": {"auth": "c2VjcmV0"}}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(own))
    monkeypatch.setenv("REPRISE_SECRET_KEY", "secret")
    work = tmp_path / "work"
    work.mkdir()
    builder = ImageBuilder(ContainerClient("docker", "unix:///x"), "base", "", tmp_path, 60, DEFAULT_LIMITS)
    with builder._variables(work) as variables:
        config = Path(variables["DOCKER_CONFIG"])
        assert sorted(path.name for path in config.iterdir()) == ["auth.json", "cli-plugins"]
    assert "secret" not in " ".join(variables.values())
    assert variables["DOCKER_HOST"] == "unix:///x"


def test_a_client_that_is_not_installed_is_the_operators_fault() -> None:
    with pytest.raises(BuildError) as raised:
        ContainerClient("no-such-program").version(progress=QUIET)
    assert (raised.value.kind_id, raised.value.cause.fault) == ("container-engine-unreachable", "operator")


def test_an_installation_without_an_engine_says_so() -> None:
    with pytest.raises(BuildError) as raised:
        ContainerClient("none").inspect("x", progress=QUIET)
    assert raised.value.kind_id == "container-engine-missing"


def test_a_build_that_fills_the_engines_disk_is_ended(tmp_path: Path) -> None:
    def wait(progress: Progress) -> None:
        while True:
            progress.check()

    with pytest.raises(BuildError) as raised, Room(tmp_path, least_bytes=2**60).watched(QUIET) as progress:
        wait(progress)
    assert (raised.value.kind_id, raised.value.cause.fault) == ("disk-full", "operator")
    cancelled = Progress(lambda line: None, is_cancelled=lambda: True)
    with pytest.raises(BuildCancelledError), Room(tmp_path, least_bytes=0).watched(cancelled) as progress:
        wait(progress)


def test_an_engine_that_answers_nonsense_is_told(podman: ContainerClient) -> None:
    (Path(podman.program).parent / "answers/inspect").write_text('{"Id": "short"}')
    with pytest.raises(BuildError, match="something that is no image"):
        podman.inspect("localhost/a", progress=QUIET)
