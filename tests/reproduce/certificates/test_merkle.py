"""The tree of the log is that of RFC 6962: its roots, and proofs that hold for what they prove and nothing else."""

from __future__ import annotations

import hashlib

import pytest

from reproduce.certificates.merkle import (
    consistency_path,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
    root_hash,
)
from tests.reproduce.certificates.examples import Log

# The inputs and roots of the test vectors of Certificate Transparency's reference implementation.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.fixture(scope="module")
def log() -> Log:
    made = Log()
    for number in range(40):
        made.append(f"entry {number}".encode())
    return made


def naive_root(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962, 2.1 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    log = Log()
    for data in INPUTS[:size]:
        log.append(bytes.fromhex(data))
    assert root_hash(size, log.node).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing(log: Log) -> None:
    assert root_hash(0, log.node) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 41))
def test_every_entry_is_proven_in_every_size_and_at_its_place_alone(size: int, log: Log) -> None:
    leaves = [leaf_hash(f"entry {number}".encode()) for number in range(size)]
    root = root_hash(size, log.node)
    assert root == naive_root(leaves)
    for index, leaf in enumerate(leaves):
        path = inclusion_path(index, size, log.node)
        assert is_included(leaf, index, size, path, root)
        assert not is_included(leaf_hash(b"other"), index, size, path, root)
        assert not is_included(leaf, index, size, [*path, leaf], root)
        assert not any(is_included(leaf, other, size, path, root) for other in range(size) if other != index)


@pytest.mark.parametrize("size", range(1, 41))
def test_every_earlier_size_is_proven_and_no_other_history(size: int, log: Log) -> None:
    root = root_hash(size, log.node)
    for earlier in range(size + 1):
        path = consistency_path(earlier, size, log.node)
        before = root_hash(earlier, log.node)
        assert is_consistent(earlier, size, path, before, root)
        assert not is_consistent(earlier, size, path, hashlib.sha256(b"other").digest(), root)
        assert not is_consistent(earlier, size, path, before, hashlib.sha256(b"other").digest()) or earlier == 0
        if path:
            assert not is_consistent(earlier, size, path[:-1], before, root)


def test_a_rewritten_entry_breaks_every_later_proof(log: Log) -> None:
    other = Log()
    for number in range(40):
        other.append(f"entry {number if number != 3 else 'rewritten'}".encode())
    before, after = root_hash(20, log.node), root_hash(40, other.node)
    assert not is_consistent(20, 40, consistency_path(20, 40, other.node), before, after)
    assert not is_consistent(20, 40, consistency_path(20, 40, log.node), before, after)


def test_sizes_that_cannot_be_prove_nothing(log: Log) -> None:
    root = root_hash(4, log.node)
    assert not is_included(root, 5, 4, [], root)
    assert not is_included(root, -1, 4, [], root)
    assert not is_consistent(5, 4, [], root, root)
    assert not is_consistent(-1, 4, [], root, root)
    assert not is_consistent(3, 4, [], root, root)
