"""Accounts: signing up and logging in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.throttling import SimpleRateThrottle

from catalog.audit import Actor, Via, actor_of, record
from catalog.roles import AUTHOR, grant

if TYPE_CHECKING:
    _CreationForm = UserCreationForm[User]
else:
    _CreationForm = UserCreationForm


class SignupForm(_CreationForm):
    """A name and a password, nothing else."""

    class Meta:
        model = User
        fields = ("username",)


class GuessThrottle(SimpleRateThrottle):
    """Bounds the guesses of passwords from one address."""

    scope = "login"
    rate = "20/minute"

    def get_cache_key(self, request: HttpRequest, _view: object) -> str:
        """Return the key of the visitor's address."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}  # type: ignore[arg-type]  # it reads META alone


class LoginForm(AuthenticationForm):
    """Name and password; an address that guesses too often must wait."""

    def clean(self) -> dict[str, Any]:
        """Check the password unless there were too many tries."""
        request = self.request
        if request is not None and not GuessThrottle().allow_request(request, None):  # type: ignore[arg-type]  # as above
            raise ValidationError("Too many tries from your address. Wait a minute.")
        return super().clean()


class WithoutPasswords(ModelBackend):
    """Accounts and their rights as ever, and no password that is good; stands where providers alone log people in."""

    def authenticate(self, request: HttpRequest | None, **_credentials: Any) -> None:  # type: ignore[override]  # noqa: ANN401, ARG002 - Django passes what it has
        """Return nobody."""
        return


class Login(LoginView):
    """The page that offers every way to log in, and the login by password."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 - Django's own signature
        """Take a password, where this installation does."""
        if not settings.REPRISE_PASSWORDS:
            raise Http404
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in and write it down."""
        answer = super().form_valid(form)
        record("account.login", by=actor_of(self.request), subject=self.request.user)
        return answer


class PasswordChange(PasswordChangeView):
    """Where an account has a password it is changed here."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("password_change_done")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's own signature
        """Answer unless this installation takes no passwords."""
        if not settings.REPRISE_PASSWORDS:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


def admin_login(request: HttpRequest) -> HttpResponse:
    """Have the operator log in as everybody does: by the providers too, and as slowly by guessing."""
    wanted = request.GET.get("next", reverse("admin:index"))
    return redirect(f"{reverse('login')}?{urlencode({'next': wanted})}")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """Make an author's account, where this installation lets people do so."""
    if not settings.REPRISE_ALLOW_SIGNUP or not settings.REPRISE_PASSWORDS:
        raise Http404
    form = SignupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = make_author(form)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("home")
    return render(request, "accounts/signup.html", {"form": form})


def make_author(form: SignupForm) -> User:
    """Create the account together with its role."""
    with transaction.atomic():
        user = form.save()
        grant(user, AUTHOR)
        record("account.signup", by=Actor(user.pk, user.get_username(), Via.PAGE))
    return user
