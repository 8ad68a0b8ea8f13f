"""What harvesters would be shown: records by key, as the rooms put and withdraw them."""

from __future__ import annotations

from catalog.exposure.record import Record


class Shelf(dict[str, Record]):
    """The records that are shown; `withdrawn` are the keys of those that were taken back, `changes` counts both."""

    def __init__(self) -> None:
        super().__init__()
        self.withdrawn: set[str] = set()
        self.changes = 0

    def put(self, record: Record) -> None:
        """Show a record."""
        if self.get(record.key) != record:
            self.changes += 1
        self[record.key] = record
        self.withdrawn.discard(record.key)

    def withdraw(self, key: str) -> None:
        """Take a record back."""
        self.changes += self.pop(key, None) is not None
        self.withdrawn.add(key)

    def relations(self, key: str) -> set[tuple[str, str]]:
        """Return (relation, key or identifier of the other) of a record."""
        return {(one.relation, one.key or one.identifier.value) for one in self[key].relations}
