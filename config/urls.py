"""Every address of this service."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from config.accounts import Login, PasswordChange, admin_login, signup
from config.health import health
from config.openid_pages import come_back, identities, leave

urlpatterns = [
    path("", include("catalog.urls")),
    path("", include("builder.urls")),
    path("", include("reproduce.urls")),
    path("health", health, name="health"),
    path("login", Login.as_view(), name="login"),
    path("login/<slug:provider_id>", leave, name="openid-login"),
    path("login/<slug:provider_id>/callback", come_back, name="openid-callback"),
    path("identities", identities, name="identities"),
    path("logout", auth.LogoutView.as_view(), name="logout"),
    path("signup", signup, name="signup"),
    path("password", PasswordChange.as_view(), name="password_change"),
    path(
        "password/done",
        auth.PasswordChangeDoneView.as_view(template_name="accounts/password_done.html"),
        name="password_change_done",
    ),
    path("api/v1/", include("reproduce.api_urls")),
    path("admin/login/", admin_login, name="admin-login"),
    path("admin/", admin.site.urls),
]
