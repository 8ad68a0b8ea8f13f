"""Every address of this service."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, reverse_lazy

from config.accounts import LoginForm, signup
from config.health import health

urlpatterns = [
    path("", include("catalog.urls")),
    path("", include("builder.urls")),
    path("", include("reproduce.urls")),
    path("health", health, name="health"),
    path(
        "login",
        auth.LoginView.as_view(template_name="accounts/login.html", authentication_form=LoginForm),
        name="login",
    ),
    path("logout", auth.LogoutView.as_view(), name="logout"),
    path("signup", signup, name="signup"),
    path(
        "password",
        auth.PasswordChangeView.as_view(
            template_name="accounts/password.html", success_url=reverse_lazy("password_change_done")
        ),
        name="password_change",
    ),
    path(
        "password/done",
        auth.PasswordChangeDoneView.as_view(template_name="accounts/password_done.html"),
        name="password_change_done",
    ),
    path("api/v1/", include("reproduce.api_urls")),
    path("admin/", admin.site.urls),
]
