"""For how long embargoes, tokens, review links and the audit log's entries last at most."""

from __future__ import annotations

from config.env import Environment


def read_access_settings(env: Environment) -> tuple[int, int, int, int]:
    """Return the days of an embargo, of a token, of an audit entry and of a review link."""
    return (
        env.integer("REPRISE_EMBARGO_DAYS", 1096, "Days that an embargo may last.", least=1, most=36500),
        env.integer("REPRISE_TOKEN_DAYS", 365, "Days that an API token may last.", least=1, most=36500),
        env.integer(
            "REPRISE_AUDIT_DAYS",
            1096,
            "Days for which the audit log keeps an entry; 0 keeps none.",
            least=0,
            most=36500,
        ),
        env.integer("REPRISE_REVIEW_DAYS", 180, "Days that a review link may last.", least=1, most=3650),
    )
