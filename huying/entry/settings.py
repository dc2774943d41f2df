"""The one settings file. Nothing here must be set to start; every variable is in docs/settings.md."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import SELF

from huying.entry import environment as env

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent


def _home() -> Path:
    in_checkout = (CHECKOUT / "pyproject.toml").exists()
    data_home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return env.path("HUYING_HOME", CHECKOUT / "var" if in_checkout else data_home / "huying")


HUYING_HOME = _home()
SECRETS = HUYING_HOME / "secrets"
# Keys of the vault and the chain; their own folder so that they can lie on another disk than the data.
HUYING_KEYS_DIR = env.path("HUYING_KEYS_DIR", SECRETS / "keys")
# What new values are sealed with: "aes" (AES-256-GCM, SHA-256) or "sm" (SM4-GCM, SM3).
HUYING_CRYPTO = env.text("HUYING_CRYPTO", "aes")
SECRET_KEY = env.secret("HUYING_SECRET_KEY", SECRETS / "session.key")
DEBUG = env.flag("HUYING_DEBUG")
# "" serves everything; "inner" the desk, the field and the vault; "outer" the portal (docs/decisions/two-zones.md).
HUYING_ZONE = env.choice("HUYING_ZONE", ("", "inner", "outer"))
ALLOWED_HOSTS = env.names("HUYING_ALLOWED_HOSTS", "127.0.0.1,localhost,testserver")
CSRF_TRUSTED_ORIGINS = env.names("HUYING_TRUSTED_ORIGINS")
HTTPS = env.flag("HUYING_HTTPS")
# Whose X-Forwarded-For is believed: addresses and ranges. Without any the address of the connection is the caller's.
HUYING_PROXIES = env.names("HUYING_PROXIES")


# A write waits so long for another's lock; then the caller is told to try again (503), and nothing was written.
LOCK_WAIT_MS = env.number("HUYING_LOCK_WAIT_MS", 20_000)


def database(url: str, home: Path) -> dict[str, Any]:
    """Django's settings for `url` (postgresql://user:password@host:port/name), or for the embedded database when empty."""
    if not url:
        return {
            "ENGINE": "huying.kernel.embedded",
            "NAME": str(home / "huying.sqlite3"),
            "CONN_MAX_AGE": 600,
            # FULL: an acknowledged matter survives a power cut; it costs some 7 % of writes (docs/decisions, embedded database).
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": LOCK_WAIT_MS / 1000,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-4000;"
                "PRAGMA temp_store=MEMORY",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise env.SettingError(
            f"HUYING_DATABASE_URL begins with {parts.scheme!r}; it takes postgresql://user:password@host:port/name"
        )
    options: dict[str, Any] = {}
    for pair in filter(None, parts.query.split("&")):
        key, _, value = pair.partition("=")
        options[key] = unquote(value)
    options["options"] = f"{options.get('options', '')} -c lock_timeout={LOCK_WAIT_MS}".strip()
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, "server_side_binding": True},
    }


HUYING_DATABASE_URL = (
    env.secret("HUYING_DATABASE_URL", Path("/nonexistent"))
    if (os.environ.get("HUYING_DATABASE_URL") or os.environ.get("HUYING_DATABASE_URL_FILE"))
    else ""
)
DATABASES = {"default": database(HUYING_DATABASE_URL, HUYING_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DOMAINS = [
    "territory",
    "organizations",
    "rulebook",
    "identities",
    "documents",
    "notices",
    "tasks",
    "matters",
    "bulletins",
    "warnings",
    "exchange",
]
SHELLS = ["desk", "portal", "field", "wall", "signin"]
INSTALLED_APPS = [
    *(f"huying.web.{shell}" for shell in SHELLS),
    "huying.kernel",
    "huying.analytics",
    *(f"huying.domains.{domain}" for domain in DOMAINS),
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
]
AUTH_USER_MODEL = "organizations.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "huying.web.signin.backends.StaffBackend",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "huying.web.signin.passwords.MixedCharacters"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "signin_posts"
HUYING_IDLE_MINUTES = env.number("HUYING_IDLE_MINUTES", 30)
HUYING_SESSION_HOURS = env.number("HUYING_SESSION_HOURS", 12)
# Who needs a second factor: "administrators" (never in the demo), "all" or "none".
HUYING_SECOND_FACTOR = env.text("HUYING_SECOND_FACTOR", "administrators")
HUYING_PDF_FONT = env.text("HUYING_PDF_FONT")
SESSION_ENGINE = "huying.web.signin.session_store"
SESSION_COOKIE_AGE = HUYING_SESSION_HOURS * 3600
ACCOUNT_ADAPTER = "huying.web.signin.adapters.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
# The lock-out is axes'; these slow guessing of codes, and let an office behind one address sign in at eight.
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "60/m/ip,20/5m/key"}
MFA_ADAPTER = "huying.web.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_LOCKOUT_TEMPLATE = "signin/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # ours is kernel.audit
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # locking by name cannot be evaded by changing address

MIDDLEWARE = [
    "huying.kernel.http.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "huying.kernel.http.shedding.SheddingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "huying.web.signin.middleware.ActorMiddleware",
    "huying.web.signin.machines.MachineMiddleware",
    "huying.kernel.http.guards.GuardMiddleware",
    "huying.kernel.http.idempotency.IdempotencyMiddleware",
    "huying.kernel.http.errors.ErrorsMiddleware",
]
ROOT_URLCONF = "huying.entry.urls"
WSGI_APPLICATION = "huying.entry.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT = HUYING_HOME / "static"
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = HUYING_HOME / "files"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "worker-src": [SELF, "blob:"],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
        "base-uri": [SELF],
        "object-src": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS

LOGGING_CONFIG = None  # kernel.logs configures it
CSRF_FAILURE_VIEW = "huying.kernel.http.errors.csrf_failure"
HUYING_SLOW_QUERY_MS = env.number("HUYING_SLOW_QUERY_MS", 200)
HUYING_METRICS_TOKEN = env.text("HUYING_METRICS_TOKEN")
# Overload: so many requests are worked on at once, so many wait, so long; the rest get 503 at once.
HUYING_CONCURRENCY = env.number("HUYING_CONCURRENCY", 8)
HUYING_QUEUE_LENGTH = env.number("HUYING_QUEUE_LENGTH", 32)
HUYING_QUEUE_WAIT_MS = env.number("HUYING_QUEUE_WAIT_MS", 2000)

# Ways out (domains/notices/drivers.py). Empty: that way is closed, and the outbox says so.
globals().update(env.smtp("HUYING_SMTP_URL"))
DEFAULT_FROM_EMAIL = env.text("HUYING_MAIL_FROM", "huying@localhost")
HUYING_MAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2]
HUYING_GATEWAY_URL = env.text("HUYING_GATEWAY_URL")
HUYING_GATEWAY_SECRET = env.optional_secret("HUYING_GATEWAY_SECRET")
HUYING_OUTBOUND_HOSTS = env.names("HUYING_OUTBOUND_HOSTS") or [urlsplit(HUYING_GATEWAY_URL).hostname or ""]
