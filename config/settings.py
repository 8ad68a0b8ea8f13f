"""Settings of the process. Every variable is declared here once and described in docs/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.access_settings import read_access_settings
from config.certificate_settings import read_certificate_settings
from config.comparison_settings import read_comparison_settings
from config.data_settings import read_data_settings
from config.deposit_settings import read_deposit_settings
from config.env import Environment
from config.executor_settings import read_executor_settings
from config.given_settings import read_given_settings
from config.login_settings import *  # noqa: F403
from config.login_settings import ALLAUTH_APPS, ALLAUTH_MIDDLEWARE
from config.logs import configure_structlog, logging_at
from config.metadata_settings import read_metadata_settings
from config.minting_settings import read_minting_settings
from config.oai_settings import read_oai_settings
from config.openid_settings import read_openid_settings
from config.operator_settings import read_operator_settings
from config.preview_settings import read_preview_settings
from config.records_settings import RECORDS
from config.secret import read_or_make_secret
from config.servers import broker_options, database_at
from config.warm_settings import read_warm_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# What this installation is
DEBUG = env.boolean("REPRISE_DEBUG", False, "Show tracebacks to the browser. Never in production.")
REPRISE_DATA = env.path("REPRISE_DATA", BASE_DIR / "var", "Directory of everything this installation keeps.")
REPRISE_URL = env.url(
    "REPRISE_URL",
    "http://127.0.0.1:8765",
    "Address under which the public reaches this service; badges, feeds and certificates carry it.",
    schemes=("http", "https"),
)
REPRISE_CONTACT = env.text(
    "REPRISE_CONTACT", "", "Mail address that metadata services may write to; Crossref asks for one."
)
ALLOWED_HOSTS = env.items("REPRISE_HOSTS", "127.0.0.1,localhost", "Host names this service answers to.")
REPRISE_BEHIND_PROXY = env.boolean(
    "REPRISE_BEHIND_PROXY", False, "Trust X-Forwarded-Proto and X-Forwarded-For of the proxy in front."
)
SECRET_KEY = env.text("REPRISE_SECRET_KEY", "", "Signs sessions; made and kept in the data directory when empty.")
if not SECRET_KEY:
    SECRET_KEY = read_or_make_secret(REPRISE_DATA / "secret-key")
is_https = REPRISE_URL.startswith("https://")

REPRISE_CHROMIUM = env.text(
    "REPRISE_CHROMIUM", "", "Chromium that prints reports, by name or path; found by its usual names when empty."
)

# Servers, by address; the defaults need none
DATABASE_URL = env.text("DATABASE_URL", "", "Database, as postgres://…; SQLite in the data directory when empty.")
REPRISE_BROKER_URL = env.text(
    "REPRISE_BROKER_URL", "", "Broker, as redis://… or amqp://…; directories in the data directory when empty."
)

# Where things come from
REPRISE_INDEX_URL = env.url(
    "REPRISE_INDEX_URL", "", "Package index (PEP 503) instead of the public one.", schemes=("http", "https")
)
REPRISE_BUILD_HOSTS = env.items("REPRISE_BUILD_HOSTS", "", "Hosts that builds may reach beside the index's own.")
REPRISE_DOI_URL, REPRISE_CROSSREF_URL, REPRISE_DATACITE_URL, REPRISE_METADATA = read_metadata_settings(
    env, data=REPRISE_DATA
)
REPRISE_ALLOW_PRIVATE_HOSTS = env.boolean(
    "REPRISE_ALLOW_PRIVATE_HOSTS",
    False,
    "Fetch repositories and metadata from private addresses too. Only where every author is trusted.",
)
REPRISE_SOURCE_SCHEMES = env.items("REPRISE_SOURCE_SCHEMES", "https,ssh", "Schemes of repositories that are fetched.")
REPRISE_REPOSITORY_SIZE = env.size("REPRISE_REPOSITORY_SIZE", "1G", "Largest repository that is fetched.")
REPRISE_FETCH_TIMEOUT_S = env.integer("REPRISE_FETCH_TIMEOUT_S", 600, "Seconds a fetch may take.", least=1)

# Container images
REPRISE_CONTAINER_ENGINE = env.text(
    "REPRISE_CONTAINER_ENGINE", "none", "Builds images: none, docker or podman.", choices=("none", "docker", "podman")
)
REPRISE_CONTAINER_HOST = env.text("REPRISE_CONTAINER_HOST", "", "Its socket, as unix:///…; its own when empty.")
REPRISE_BASE_IMAGE = env.text("REPRISE_BASE_IMAGE", "", "Image to build on; repo2docker's own when empty.")
REPRISE_BUILDPACKS = env.text(
    "REPRISE_BUILDPACKS", "standard", "Packages in images by conda (standard) or uv.", choices=("standard", "uv")
)
REPRISE_IMAGE_REGISTRY = env.text("REPRISE_IMAGE_REGISTRY", "", "Prefix to push images to and pull them from.")
REPRISE_IMAGE_HOSTS = env.items("REPRISE_IMAGE_HOSTS", "docker.io,quay.io", "Registries of images that are named.")
REPRISE_IMAGE_SIZE = env.size("REPRISE_IMAGE_SIZE", "20G", "Largest image that is kept.")

# Environments of the facility
REPRISE_GIVEN_PREFIXES, REPRISE_GIVEN_MODULES = read_given_settings(env, data=REPRISE_DATA)

# Limits of builds and runs
REPRISE_BUILD_TIMEOUT_S = env.integer("REPRISE_BUILD_TIMEOUT_S", 1800, "Seconds a build may take.", least=1)
REPRISE_BUILD_MEMORY = env.size("REPRISE_BUILD_MEMORY", "4G", "Memory of one program of a build.")
REPRISE_BUILD_DISK = env.size("REPRISE_BUILD_DISK", "10G", "Disk that one program of a build may fill.")
REPRISE_BUILD_OUTPUT = env.size("REPRISE_BUILD_OUTPUT", "50M", "Output of one program of a build.")
REPRISE_CELL_TIMEOUT_S = env.integer("REPRISE_CELL_TIMEOUT_S", 600, "Seconds one cell may run.", least=1)
REPRISE_RUN_TIMEOUT_S = env.integer("REPRISE_RUN_TIMEOUT_S", 1800, "Seconds one notebook may run.", least=1)
REPRISE_RUN_MEMORY = env.size("REPRISE_RUN_MEMORY", "4G", "Memory of one run.")
REPRISE_RUN_PROCESSORS = env.integer("REPRISE_RUN_PROCESSORS", 2, "Processors that one run may use.", least=1)
REPRISE_RUN_OUTPUT = env.size("REPRISE_RUN_OUTPUT", "50M", "Output of one run.")
REPRISE_RUN_SCRATCH = env.size("REPRISE_RUN_SCRATCH", "2G", "Scratch disk of one run.")
REPRISE_RUN_HOSTS = env.hosts("REPRISE_RUN_HOSTS", "", "Hosts that notebooks may be let reach; * is any public one.")
REPRISE_DATA_ROOTS, REPRISE_DATA_PLACES, REPRISE_RUN_FILES = read_data_settings(env)
REPRISE_PREVIEW = read_preview_settings(env)
REPRISE_CONFINEMENT = env.text(
    "REPRISE_CONFINEMENT",
    "auto",
    "What notebooks are confined by: auto (bubblewrap), bwrap, container or apptainer.",
    choices=("auto", "bwrap", "container", "apptainer"),
)
REPRISE_RUN_IMAGE = env.text(
    "REPRISE_RUN_IMAGE", "", "Image whose container shows an environment of this machine, with `container`."
)
REPRISE_RUN_SIF = env.text(
    "REPRISE_RUN_SIF", "", "SIF or unpacked root that shows an environment of this machine, with `apptainer`."
)
REPRISE_ALLOW_UNSANDBOXED = env.text(
    "REPRISE_ALLOW_UNSANDBOXED",
    "no",
    "Run notebooks without a sandbox where there is none: no, demonstration (only our own), or all.",
    choices=("no", "demonstration", "all"),
)
REPRISE_ENVIRONMENTS_QUOTA = env.size(
    "REPRISE_ENVIRONMENTS_QUOTA",
    "0",
    "Disk space of environments and their caches; beyond it the least recently used go. 0 is no limit.",
    least=0,
)
REPRISE_EVIDENCE_FRESH_DAYS = env.integer(
    "REPRISE_EVIDENCE_FRESH_DAYS", 90, "Days for which the environment behind good evidence is kept in any case."
)
REPRISE_LEASE_S = env.integer("REPRISE_LEASE_S", 30, "Seconds without a heartbeat after which a run is lost.", least=2)
REPRISE_SWEEP_S = env.integer("REPRISE_SWEEP_S", 10, "Seconds between two looks for what was lost.", least=1)
REPRISE_RUN_ATTEMPTS = env.integer("REPRISE_RUN_ATTEMPTS", 3, "How often a lost run is started.", least=1, most=10)
REPRISE_REPETITIONS = env.integer(
    "REPRISE_REPETITIONS",
    2,
    "How often a notebook is run in all at first and where it differs, to see what is stable; 1 is never again.",
    least=1,
    most=5,
)
REPRISE_COMPARE_THREADS = read_comparison_settings(env)
REPRISE_WORKERS = env.integer("REPRISE_WORKERS", 2, "Runs at the same time on this machine.", least=1, most=256)
REPRISE_EXECUTOR, REPRISE_SLURM = read_executor_settings(env, data=REPRISE_DATA, project=BASE_DIR)
REPRISE_WARM_KERNELS, REPRISE_WARM_MEMORY, REPRISE_WARM_IDLE_S = read_warm_settings(env)
REPRISE_CERTIFICATE_DAYS, REPRISE_ISSUER_KEY_PATH = read_certificate_settings(env)
REPRISE_NAME, REPRISE_OAI_DOMAIN, REPRISE_OAI_PAGE, REPRISE_OAI_LISTS = read_oai_settings(env)
REPRISE_OPERATOR = read_operator_settings(env)
REPRISE_MINT = read_minting_settings(env)
REPRISE_ZENODO = read_deposit_settings(env)

# Who may do what
REPRISE_ALLOW_SIGNUP = env.boolean("REPRISE_ALLOW_SIGNUP", True, "Anyone may make an author's account.")
REPRISE_OPENID, REPRISE_PASSWORDS, AUTHENTICATION_BACKENDS = read_openid_settings(env)
REPRISE_ANONYMOUS_RUNS = env.boolean(
    "REPRISE_ANONYMOUS_RUNS", True, "Visitors without an account may start runs of published targets."
)
REPRISE_ANONYMOUS_RATE = env.rate("REPRISE_ANONYMOUS_RATE", "30/hour", "Runs and API writes per visitor's address.")
REPRISE_API_RATE = env.rate("REPRISE_API_RATE", "3000/hour", "API requests per account or address.")
REPRISE_EMBARGO_DAYS, REPRISE_TOKEN_DAYS, REPRISE_AUDIT_DAYS, REPRISE_REVIEW_DAYS = read_access_settings(env)

INSTALLED_APPS = [
    "config.apps.ConfigApp",
    "catalog.apps.CatalogConfig",
    "builder.apps.BuilderConfig",
    "reproduce.apps.ReproduceConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *ALLAUTH_APPS,
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.headers.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    ALLAUTH_MIDDLEWARE,
    "config.errors.DomainErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.page.site",
            ],
            "builtins": ["reproduce.templatetags.reprise"],
        },
    }
]

DATABASES: dict[str, Any] = {"default": database_at(DATABASE_URL, REPRISE_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = REPRISE_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

# Transport and cookies. Plain http is for the loopback default alone.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = is_https
SECURE_HSTS_SECONDS = 31536000 if is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = is_https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if REPRISE_BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "SAMEORIGIN"
# config.headers sends X-Frame-Options, so that a view may be stricter; Django's check knows its own middleware alone.
SILENCED_SYSTEM_CHECKS = ["security.W002"]
CSRF_TRUSTED_ORIGINS = [REPRISE_URL]

CELERY_BROKER_URL = REPRISE_BROKER_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(REPRISE_BROKER_URL, REPRISE_DATA / "broker")
CELERY_BEAT_SCHEDULE = {
    # One that comes late is dropped: the next is behind it.
    "sweep": {
        "task": "reproduce.tasks.sweep",
        "schedule": float(REPRISE_SWEEP_S),
        "options": {"queue": "sweep", "expires": max(60, 2 * REPRISE_SWEEP_S)},
    },
    "watch": {"task": "reproduce.tasks.watch", "schedule": 60.0},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "catalog.token_authentication.ScopedTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "config.api.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.AnonRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"user": REPRISE_API_RATE, "anon": REPRISE_API_RATE, "run": REPRISE_ANONYMOUS_RATE},
    "DEFAULT_SCHEMA_CLASS": "config.described_api.DescribedSchema",
    "EXCEPTION_HANDLER": "config.errors.api_exception_handler",
    "NUM_PROXIES": 1 if REPRISE_BEHIND_PROXY else 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Reprise",
    "DESCRIPTION": "Publications, the notebooks behind their figures, and whether these figures still come out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "LICENSE": {"name": "BSD-3-Clause"},
}

REPRISE_RECORDS = RECORDS

REPRISE_LOG_LEVEL = env.text(
    "REPRISE_LOG_LEVEL", "INFO", "Least level that is logged.", choices=("DEBUG", "INFO", "WARNING", "ERROR")
)
LOGGING = logging_at(REPRISE_LOG_LEVEL)
configure_structlog()
