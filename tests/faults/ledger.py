"""What the database of an installation says, read beside the project's own code, and what it wrote down as it happened.

Triggers of the tests' own note every change of state and every verdict put on record: what was done twice or undone is
seen even where the last look finds everything in order.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

_SQLITE = """
CREATE TABLE fault_states (number INTEGER PRIMARY KEY, run TEXT, was TEXT, became TEXT);
CREATE TABLE fault_verdicts (number INTEGER PRIMARY KEY, run TEXT, verdict TEXT);
CREATE TRIGGER fault_state AFTER UPDATE OF state ON reproduce_run WHEN old.state <> new.state
  BEGIN INSERT INTO fault_states (run, was, became) VALUES (new.id, old.state, new.state); END;
CREATE TRIGGER fault_first AFTER INSERT ON catalog_evidence
  BEGIN INSERT INTO fault_verdicts (run, verdict) VALUES (new.run, new.verdict); END;
CREATE TRIGGER fault_next AFTER UPDATE ON catalog_evidence
  BEGIN INSERT INTO fault_verdicts (run, verdict) VALUES (new.run, new.verdict); END;
"""
_POSTGRES = """
CREATE TABLE fault_states (number SERIAL, run TEXT, was TEXT, became TEXT);
CREATE TABLE fault_verdicts (number SERIAL, run TEXT, verdict TEXT);
CREATE FUNCTION fault_note_state() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO fault_states (run, was, became) VALUES (new.id, old.state, new.state); RETURN new; END $$;
CREATE FUNCTION fault_note_verdict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO fault_verdicts (run, verdict) VALUES (new.run, new.verdict); RETURN new; END $$;
CREATE TRIGGER fault_state AFTER UPDATE ON reproduce_run FOR EACH ROW
  WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION fault_note_state();
CREATE TRIGGER fault_verdict AFTER INSERT OR UPDATE ON catalog_evidence FOR EACH ROW
  EXECUTE FUNCTION fault_note_verdict();
"""


class Ledger:
    """Reads a database by its address: a file of SQLite, or postgres://…"""

    def __init__(self, address: str | Path) -> None:
        self._address = address

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query answers. Raises sqlite3.Error or psycopg.Error."""
        if isinstance(self._address, Path):
            connection = sqlite3.connect(f"file:{self._address}?mode=ro", uri=True, timeout=60)
            try:
                return connection.execute(query).fetchall()
            finally:
                connection.close()
        with psycopg.connect(self._address, autocommit=True, connect_timeout=5) as connected:
            return connected.execute(query).fetchall()

    def install_triggers(self) -> None:
        """Have the database write down what happens."""
        if isinstance(self._address, Path):
            connection = sqlite3.connect(self._address, timeout=60)
            connection.executescript(_SQLITE)
            connection.close()
        else:
            with psycopg.connect(self._address, autocommit=True) as connected:
                connected.execute(_POSTGRES)

    def active(self) -> dict[str, tuple[str, int, int]]:
        """Return state, attempts and cells done of every run that is not over, by its id."""
        rows = self.rows(
            "SELECT id, state, attempts, cells_done FROM reproduce_run WHERE state NOT IN ('done', 'cancelled')"
        )
        return {name(row[0]): (row[1], row[2], row[3]) for row in rows}

    def has_said(self, run: str, text: str) -> bool:
        """Tell whether the story of the run has a line that begins so."""
        key = run if not isinstance(self._address, Path) else uuid.UUID(run).hex
        return bool(
            self.rows(f"SELECT 1 FROM reproduce_runevent WHERE run_id = '{key}' AND text LIKE '{text}%' LIMIT 1")
        )


def name(value: object) -> str:
    """Return a key as people read it: SQLite keeps it without hyphens."""
    return str(uuid.UUID(str(value)))


def events_in_disorder(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """Return the runs whose events, as (run, seq), are not numbered 1, 2, 3, …"""
    numbers: dict[str, list[int]] = defaultdict(list)
    for run, seq in rows:
        numbers[name(run)].append(seq)
    return [run for run, seen in numbers.items() if sorted(seen) != list(range(1, len(seen) + 1))]


def ended_otherwise_than_once(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """Return the runs that ended twice, or did anything after their end, from the (run, was, became) of the trigger."""
    over = ("done", "cancelled")
    seen: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for run, was, became in rows:
        seen[name(run)].append((was, became))
    return [
        run
        for run, changes in seen.items()
        if sum(became in over for _, became in changes) != 1 or any(was in over for was, _ in changes)
    ]
