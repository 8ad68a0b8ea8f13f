"""Causes of a login by a provider that did not come about; they stand in the one catalogue of catalog.causes."""

from __future__ import annotations

from typing import Final

from catalog.cause_kinds import Kind

# fmt: off
LOGIN_KINDS: Final = (
    Kind("login-cancelled", "visitor", "You did not let {provider} log you in.", "Log in again, there or by another way."),
    Kind("login-expired", "visitor", "This login was begun too long ago, in another browser, or was finished already.", "Begin again on the page “Log in”, with cookies allowed."),
    Kind("login-refused", "upstream", "{provider} did not complete the login: {reason}", "Log in again. Tell the operator of this service if it stays so: client, secret and address must be as they are registered there."),
    Kind("login-unreachable", "upstream", "{provider} does not answer: {reason}", "Log in again in a while, or by another way."),
    Kind("login-untrusted", "upstream", "What {provider} answered was not believed: {reason}", "Log in again. Tell the operator of this service if it stays so."),
    Kind("login-no-account", "visitor", "No account here belongs to this login at {provider}, and {provider} makes none.", "Ask the operator for an account. If you have one, log in to it and add {provider} on the page “Ways to log in”."),
    Kind("login-taken", "visitor", "This login at {provider} belongs to another account here.", "Log in with it, take it away on the page “Ways to log in” there, and add it here again."),
    Kind("login-last-way", "visitor", "Without {provider} you could not log in any more.", "Add another way to log in first."),
    Kind("account-inactive", "visitor", "This account was closed.", "Ask the operator of this service."),
)
# fmt: on
