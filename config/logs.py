"""What this process logs, and in which form."""

from __future__ import annotations

from typing import Any

import structlog


def logging_at(level: str) -> dict[str, Any]:
    """Return the settings of the standard library's logging: everything from this level on, to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"], "level": level},
    }


def configure_structlog() -> None:
    """Let the project's own messages be one line of names and values each."""
    structlog.configure(
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
