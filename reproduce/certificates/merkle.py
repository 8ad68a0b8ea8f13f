"""The tree of the log: hashes, proofs of inclusion and of consistency, as RFC 6962 and RFC 9162 define them.

A stored node stands at (level, position): it is the root of the leaves position * 2**level up to, not including,
(position + 1) * 2**level, and it is stored once these are all there. All else is computed from such nodes: a proof in
a log of n entries reads as many of them as the square of log2(n) at most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Node = Callable[[int, int], bytes]
"""Returns the hash of a stored node by its level and position."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def joined_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two nodes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed_nodes(size: int, leaf: bytes, node: Node) -> list[tuple[int, int, bytes]]:
    """Return the nodes (level, position, hash) that become complete when `leaf` is appended to `size` entries."""
    found = [(0, size, leaf)]
    level, position, current = 0, size, leaf
    while position % 2:
        current = joined_hash(node(level, position - 1), current)
        level, position = level + 1, position // 2
        found.append((level, position, current))
    return found


def root_hash(size: int, node: Node) -> bytes:
    """Return the root of the first `size` entries; of none, the hash of nothing."""
    return _range_hash(0, size, node) if size else hashlib.sha256(b"").digest()


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that the leaf `index` is in the tree of the first `size` entries (RFC 6962, 2.1.1)."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, node))
            end = middle
        else:
            path.append(_range_hash(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(earlier: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that the tree of `size` entries begins with that of `earlier` (RFC 6962, 2.1.2)."""
    if earlier in (0, size):
        return []
    path: list[bytes] = []
    start, end, is_whole = 0, size, True
    while earlier != end:
        middle = start + _split(end - start)
        if earlier <= middle:
            path.append(_range_hash(middle, end, node))
            end = middle
        else:
            path.append(_range_hash(start, middle, node))
            start, is_whole = middle, False
    if not is_whole:
        path.append(_range_hash(start, end, node))
    return path[::-1]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether `path` proves that `leaf` is entry `index` of the tree with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, current = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            current = joined_hash(step, current)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            current = joined_hash(current, step)
        place, last = place >> 1, last >> 1
    return last == 0 and current == root


def is_consistent(earlier: int, size: int, path: Sequence[bytes], earlier_root: bytes, root: bytes) -> bool:
    """Tell whether `path` proves that the tree of `size` entries begins with the earlier one (RFC 9162, 2.1.4.2)."""
    if not 0 <= earlier <= size:
        return False
    if earlier == size:
        return not path and earlier_root == root
    if earlier == 0:
        return not path and earlier_root == hashlib.sha256(b"").digest()
    steps = list(path)
    if earlier & (earlier - 1) == 0:
        steps.insert(0, earlier_root)
    if not steps:
        return False
    place, last = earlier - 1, size - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = joined_hash(step, old), joined_hash(step, new)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            new = joined_hash(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == earlier_root and new == root


def _range_hash(start: int, end: int, node: Node) -> bytes:
    """Return the hash of the leaves from `start` up to `end`; `start` is a multiple of their number, rounded up."""
    count = end - start
    if count & (count - 1) == 0:
        return node(count.bit_length() - 1, start // count)
    middle = start + _split(count)
    return joined_hash(_range_hash(start, middle, node), _range_hash(middle, end, node))


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)
