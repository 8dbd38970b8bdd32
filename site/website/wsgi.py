"""The WSGI entry point: every ordinary page."""

import logging
import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "website.settings.production")

application = get_wsgi_application()

# With them, whoever has the web could read what people answer before its time (website/settings/evaluations.py).
if settings.EVALUATION_PRIVATE_KEYS:
    _words = "EVALUATION_PRIVATE_KEYS stands in the web server's environment. It belongs in the worker's alone."
    if not settings.INSECURE_HTTP:
        raise ImproperlyConfigured(f"The web server does not start: {_words}")
    logging.getLogger(__name__).warning(_words)
