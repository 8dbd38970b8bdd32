"""What every installation shares. Values that differ come from the environment."""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from website import storage

from .enrolments import *  # noqa: F403
from .enrolments import DRAFT_DAYS
from .evaluations import *  # noqa: F403

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / "site" / "website"
VAR = ROOT / "var"

env = environ.Env()

DEBUG = False
SECRET_KEY = env("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env("SITE_URL", default="http://localhost:8000").rstrip("/")
ROOT_URLCONF = "website.urls"
WSGI_APPLICATION = "website.wsgi.application"

INSTALLED_APPS = [
    "courses",
    "enrolments",
    "modules",
    "evaluations",
    "website.home",
    "website.messaging",
    "website.images",
    "website.accounts",
    "website.core",
    "wagtail.contrib.settings",
    "wagtail.contrib.redirects",
    "wagtail.contrib.forms",
    "wagtail.embeds",
    "wagtail.sites",
    "website.accounts.apps.UsersConfig",  # wagtail.users with forms for users named by address
    "wagtail.api.v3",  # for its tokens and their pages in the admin; its own addresses are not opened
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "procrastinate.contrib.django",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.contrib.postgres",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "website.core.pagecache.PageCacheMiddleware",
    "website.core.middleware.AdminContentSecurityPolicyMiddleware",
    "website.core.middleware.PermissionsPolicyMiddleware",
    "website.core.middleware.StrictContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "website.accounts.middleware.AdminDoorMiddleware",
    "website.accounts.middleware.AdminLanguageMiddleware",
    "website.accounts.middleware.StaffSecondFactorMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "website.core.context_processors.provider",
            ],
        },
    }
]

# Database: PostgreSQL only. The demo starts one of its own when there is no DATABASE_URL.


def database(url: str) -> dict[str, Any]:
    """Return the entry of `DATABASES` for that address: PostgreSQL through a pool in each process.

    The pool opens at the first query, after the server has forked its workers.
    """
    config = env.db_url_config(url)
    return config | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # a connection that died with its server is replaced, not handed out
        "OPTIONS": {
            **config.get("OPTIONS", {}),
            "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=8), "timeout": 30},
        },
    }


DATABASES = {"default": database(env("DATABASE_URL"))} if env("DATABASE_URL", default="") else {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# "default" may be each process's own. What must hold across processes (how often somebody may try to
# sign in) stands in "throttle": the same Redis when there is one, else a table of ours.

CACHES = {
    "default": env.cache_url_config(env("CACHE_URL", default="") or "locmemcache://"),
    # Whole pages, in each process's own memory: their keys carry the version of the content.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}
CACHES["throttle"] = (
    CACHES["default"]
    if env("CACHE_URL", default="")
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_throttleentry",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
)
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# Language and time: Danish first; stored in UTC, shown in Danish time.

LANGUAGE_CODE = "da"
LANGUAGES = [("da", _("Danish")), ("en", _("English"))]
LOCALE_PATHS = [SITE / "locale", SITE / "locale_vendor"]
FORMAT_MODULE_PATH = ["website.formats"]
TIME_ZONE = "Europe/Copenhagen"
USE_TZ = True
USE_I18N = True

# Files

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [
    SITE / "static",
    ("dkfds", ROOT / "node_modules" / "dkfds" / "dist"),
    ("qr", ROOT / "node_modules" / "qr"),  # reads the roll call's camera
]
MEDIA_URL = "/media/"
SERVE_MEDIA = False  # the front web server or the storage does
STORAGES = {
    "default": storage.default_storage(env("STORAGE_URL", default=""), media_root=str(VAR / "media")),
    # Files that people send with a registration: served by a view that asks who is reading, never by address.
    "private": storage.private_storage(
        env("PRIVATE_STORAGE_URL", default=""),
        public_url=env("STORAGE_URL", default=""),
        private_root=str(VAR / "private"),
    ),
    "staticfiles": {"BACKEND": "website.core.staticfiles.StaticFilesStorage"},
}
MEDIA_ROOT = STORAGES["default"]["OPTIONS"].get("location", "")

# Security: strict everywhere; the middleware relaxes the policy for the admin alone.

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # Wagtail's preview shows pages in a frame of ours
SECURE_REDIRECT_EXEMPT = [r"^healthz/$", r"^readyz/$"]  # load balancers ask over plain http
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *filter(None, [storage.origin(STORAGES["default"])])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "media-src": [SELF],
        "frame-ancestors": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
    }
}


def transport_security(*, insecure_http: bool) -> dict[str, Any]:
    """Return every setting that depends on whether people reach the site by https (or, in the demo, http)."""
    return {
        "SECURE_SSL_REDIRECT": not insecure_http,
        "SECURE_HSTS_SECONDS": 0 if insecure_http else env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 60 * 60),
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": not insecure_http and env.bool("SECURE_HSTS_SUBDOMAINS", default=True),
        "SECURE_HSTS_PRELOAD": not insecure_http and env.bool("SECURE_HSTS_PRELOAD", default=False),
        "SESSION_COOKIE_SECURE": not insecure_http,
        "CSRF_COOKIE_SECURE": not insecure_http,
        "LANGUAGE_COOKIE_SECURE": not insecure_http,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": insecure_http,
    }


INSECURE_HTTP = False
vars().update(transport_security(insecure_http=INSECURE_HTTP))

# Users and sign-in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:start"
LOGOUT_REDIRECT_URL = "/"
STAFF_SECOND_FACTOR_REQUIRED = True

ACCOUNT_ADAPTER = "website.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # without password1 the *login* form has no password
ACCOUNT_EMAIL_VERIFICATION = "none"  # nobody signs up: every address was given by us
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "website.accounts.forms.LoginForm",
    "request_login_code": "website.accounts.forms.RequestLoginCodeForm",
    "confirm_login_code": "website.accounts.forms.ConfirmLoginCodeForm",
    "reset_password": "website.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "website.accounts.forms.ResetPasswordKeyForm",
    "change_password": "website.accounts.forms.ChangePasswordForm",
    "set_password": "website.accounts.forms.SetPasswordForm",
    "reauthenticate": "website.accounts.forms.ReauthenticateForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_ADAPTER = "website.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_FORMS = {
    "authenticate": "website.accounts.forms.SecondFactorForm",
    "reauthenticate": "website.accounts.forms.SecondFactorAgainForm",
    "activate_totp": "website.accounts.forms.ActivateTOTPForm",
    "add_webauthn": "website.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "website.accounts.forms.EditPasskeyForm",
}
SESSION_COOKIE_AGE = 7 * 24 * 60 * 60

# /readyz/ counts on a worker whose last sign of life (every 10 seconds) is no older than this.
WORKER_HEARTBEAT_SECONDS = 60

# What one form may carry, and how often.

DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000  # 200 participants, each with up to some twenty fields
DATA_UPLOAD_MAX_NUMBER_FILES = 400  # a large group, each with a file or two
# How often one address may post, as (times, seconds): the public form, and drafts that are kept. A municipality
# may share one address, so a rush from one must fit. None: no limit.
FORM_RATE_LIMITS = (
    {
        "registration": (60, 60),
        "draft": (20, 60 * 60),
        "certificate": (20, 10 * 60),  # names tried on a certificate
        "survey": (200, 60 * 60),  # answers to open surveys: a whole town hall may share one address
    }
    if env.bool("FORM_RATE_LIMITS", True)
    else {}
)

# Long jobs (website.core.jobs): large files and the like, done by the worker while somebody waits

WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=5)  # jobs that one worker does at a time
LONG_JOB_LANES = env.int("LONG_JOB_LANES", default=3)  # how many of them may be long; fewer than the former
PROCRASTINATE_WORKER_DEFAULTS = {"concurrency": WORKER_CONCURRENCY}
REPORT_ROWS_AT_ONCE = env.int("REPORT_ROWS_AT_ONCE", default=50_000)  # a report's file with more is a long job
REPORT_PDF_ROWS = env.int("REPORT_PDF_ROWS", default=2_000)  # more are refused as PDF

# E-mail: everything leaves through the outbox (website.messaging)

vars().update(env.email_url_config(env("EMAIL_URL", default="") or "consolemail://"))
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="COK Kurser <kurser@example.dk>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Seconds that one answer of the mail server may take.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=30)
# How long a worker may hold mails it is sending before another one takes them for abandoned. Well above EMAIL_TIMEOUT.
MAIL_LEASE_SECONDS = env.float("MAIL_LEASE_SECONDS", default=300)
# Where mails that cannot be delivered return to (the envelope's sender). Empty: to DEFAULT_FROM_EMAIL.
BOUNCE_ADDRESS = env("BOUNCE_ADDRESS", default="")
# The mailbox behind it, read every five minutes: imaps://user:password@host[:port]/folder (user and password
# percent-encoded; folder INBOX when left out; imap:// upgrades to TLS). What was read is moved to the folder in
# `?done=`, or deleted. Empty: nothing is read.
BOUNCE_MAILBOX_URL = env("BOUNCE_MAILBOX_URL", default="")

# Wagtail

WAGTAIL_SITE_NAME = "COK Kurser"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
WAGTAIL_WORKFLOW_ENABLED = False  # editors publish
WAGTAILUSERS_PASSWORD_REQUIRED = False  # who has none chooses one by "forgotten password"
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False  # an address is the user's name: administrators change it
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_DATE_FORMAT = "%d.%m.%Y"
WAGTAIL_DATETIME_FORMAT = "%d.%m.%Y %H:%M"
WAGTAIL_TIME_FORMAT = "%H:%M"
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILIMAGES_IMAGE_MODEL = "images.CustomImage"
WAGTAILDOCS_DOCUMENT_MODEL = "images.CustomDocument"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp", "svg"]
WAGTAILEMBEDS_RESPONSIVE_HTML = True
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "danish"},
}
TAGGIT_CASE_INSENSITIVE = True

# The public API

NINJA_PAGINATION_MAX_LIMIT = 200

# The provider, shown in header, footer, mails and invoices. Names change; code does not.

PROVIDER = {
    "name": env("PROVIDER_NAME", default="COK"),
    "long_name": env("PROVIDER_LONG_NAME", default="COK – Center for Offentlig Kompetenceudvikling"),
    "cvr": env("PROVIDER_CVR", default=""),
    "address": env("PROVIDER_ADDRESS", default=""),
    "email": env("PROVIDER_EMAIL", default="kurser@example.dk"),
    "phone": env("PROVIDER_PHONE", default=""),
    # An SVG or PNG file, on certificates. Empty: the name alone.
    "logo": env("PROVIDER_LOGO", default=str(SITE / "static" / "img" / "mark.svg")),
}

# How long personal data is kept (website.core.retention). `days` or `years`, from what each category names
# as its trigger; payment records count from the end of the financial year, whose last (month, day) stands below.
RETENTION = {
    "needs": {"days": env.int("RETENTION_NEEDS_DAYS", default=0)},
    # Longer than the follow-up, which asks after 90 days and waits three weeks for answers.
    "contact": {"days": env.int("RETENTION_CONTACT_DAYS", default=120)},
    "course": {"days": env.int("RETENTION_COURSE_DAYS", default=120)},
    "payment": {"years": env.int("RETENTION_PAYMENT_YEARS", default=5), "from_financial_year": True},
    "exam": {"years": env.int("RETENTION_EXAM_YEARS", default=30)},
    "certificates": {"years": env.int("RETENTION_CERTIFICATE_YEARS", default=5)},
    "drafts": {"days": DRAFT_DAYS},
    "sign_ins": {"days": env.int("RETENTION_SIGN_IN_DAYS", default=90)},
    "mails": {"days": env.int("RETENTION_MAIL_DAYS", default=90)},
    "job_files": {"days": env.int("RETENTION_JOB_FILE_DAYS", default=14)},
    "technical": {"days": env.int("RETENTION_TECHNICAL_DAYS", default=30)},
}
RETENTION_EVERY_NIGHT = True
FINANCIAL_YEAR_ENDS = (env.int("FINANCIAL_YEAR_END_MONTH", default=12), env.int("FINANCIAL_YEAR_END_DAY", default=31))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "mask_secrets": {"()": "website.core.logs.MaskSecrets"},
        "pass_over_answering": {"()": "website.core.logs.PassOverAnswering"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask_secrets"]},
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "django_tasks": {"level": "WARNING"},
        # Never lower, whatever LOG_LEVEL is: it then writes down a page's whole context, what people answer among it.
        "django.template": {"level": "INFO"},
        "wagtail": {"level": "WARNING"},
        # Visits, should somebody switch that log on (granian --access-log), and runserver's.
        "granian.access": {"handlers": ["console"], "filters": ["pass_over_answering"], "propagate": False},
        "django.server": {"handlers": ["console"], "filters": ["pass_over_answering"], "propagate": False},
    },
}

SILENCED_SYSTEM_CHECKS = [
    "security.W019",  # Wagtail's preview frames our pages; `frame-ancestors 'self'` keeps others out
    "auth.W004",  # the address is unique by a constraint on Lower("email")
]
