"""How people log in, as Django and django-allauth read it. What the operator chooses is in openid_settings."""

from __future__ import annotations

from typing import Final

AUTH_PASSWORD_VALIDATORS: Final = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL: Final = "login"
LOGIN_REDIRECT_URL: Final = "home"
LOGOUT_REDIRECT_URL: Final = "home"

# django-allauth is used for logging in by OpenID Connect alone: none of its pages, mails or tokens.
ALLAUTH_APPS: Final = ("allauth.account", "allauth.socialaccount")
ALLAUTH_MIDDLEWARE: Final = "allauth.account.middleware.AccountMiddleware"
ACCOUNT_ADAPTER: Final = "config.openid_accounts.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION: Final = "none"
ACCOUNT_SIGNUP_FIELDS: Final = ["username*"]
SOCIALACCOUNT_ADAPTER: Final = "config.openid_accounts.LoginAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION: Final = False
SOCIALACCOUNT_STORE_TOKENS: Final = False
