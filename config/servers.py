"""How the database and the broker are spoken to, by their addresses. One that does not answer is not waited for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# A client waits no longer for one answer. Workers ask Redis for messages in steps of a second, so that an answer is
# always due within it.
_ANSWER_S: Final = 5
_CONNECT_S: Final = 3
# Of a web process; who needs one more waits for it. PostgreSQL takes 100 as it is installed, of all programs together.
_KEPT_CONNECTIONS: Final = 32
_LOOK_AGAIN_S: Final = 10
# Asked once: whoever has to have an answer asks again itself, and whoever wakes a worker need not.
_ONCE: Final = {"max_retries": 0}


def database_at(url: str, folder: Path) -> dict[str, Any]:
    """Return Django's description of a database, SQLite in `folder` without an address.

    Raises ImproperlyConfigured. Options that are part of the address go before these.
    """
    try:
        found: dict[str, Any] = {**dj_database_url.parse(url or f"sqlite:///{folder / 'reprise.sqlite3'}")}
    except (ValueError, KeyError, dj_database_url.ParseError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL is no database address: {error}; see docs/settings.md.") from None
    if found["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE takes the write lock when a transaction begins: two writers queue instead of failing half-way.
        found["OPTIONS"] = {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
        return found
    found["CONN_HEALTH_CHECKS"] = True
    if found["ENGINE"] == "django.db.backends.postgresql":
        # A server whose machine or network is gone is given up within half a minute, and not when the system would.
        options: dict[str, Any] = {
            "connect_timeout": _ANSWER_S,
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 4,
            "tcp_user_timeout": 30_000,
        }
        found["OPTIONS"] = options | dict(found.get("OPTIONS") or {})
    return found


def keep_connections(database: dict[str, Any]) -> None:
    """Have this process keep its connections to PostgreSQL between requests, as `database_at` describes it.

    For web processes: Django gives each request a thread of its own, with which its connection would go. To make
    another takes longer than most answers. SQLite has none to keep.
    """
    if database["ENGINE"] == "django.db.backends.postgresql":
        database["OPTIONS"]["pool"] = {"min_size": 0, "max_size": _KEPT_CONNECTIONS, "timeout": _ANSWER_S}


def broker_options(url: str, folder: Path) -> dict[str, Any]:
    """Return the transport's options of a broker, of the one in directories below `folder` without an address."""
    if not url:
        return {
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "processed_folder": str(folder / "done"),
            "control_folder": str(folder / "control"),
            "store_processed": False,
            "polling_interval": 0.1,  # seconds; kombu's default of one second would be half of a small run
        }
    if not url.startswith(("redis://", "rediss://")):
        return dict(_ONCE)
    return {
        **_ONCE,
        "socket_timeout": _ANSWER_S,
        "socket_connect_timeout": _CONNECT_S,
        "socket_keepalive": True,
        "health_check_interval": _LOOK_AGAIN_S,
    }
