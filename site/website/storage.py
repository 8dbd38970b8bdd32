"""Where uploaded files live, from one address in the environment (`STORAGE_URL`).

file:///srv/cok/media           a folder of this machine, served by the front web server
s3://bucket/prefix?region_name=eu-north-1&endpoint_url=https://s3.example.dk
                                S3 or anything that speaks it; keys in the query (access_key,
                                secret_key) or in the usual AWS environment variables
"""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

#: Options of django-storages that STORAGE_URL may set.
S3_OPTIONS = {
    "access_key",
    "secret_key",
    "session_profile",
    "region_name",
    "endpoint_url",
    "custom_domain",
    "addressing_style",
    "signature_version",
}


def default_storage(url: str, *, media_root: str) -> dict[str, Any]:
    """Return the entry of `STORAGES["default"]` for that STORAGE_URL (empty: the folder `media_root`).

    Raises ImproperlyConfigured for another scheme, a missing folder or bucket, or an unknown option.
    """
    if not url:
        return _folder(media_root)
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.strip("/"):
            raise ImproperlyConfigured(f"STORAGE_URL {url!r} names no folder. Write file:///srv/cok/media.")
        return _folder(unquote(parts.path))
    if parts.scheme == "s3":
        return _s3(url)
    raise ImproperlyConfigured(f"STORAGE_URL {parts.scheme}:// is not known. Use file:///folder or s3://bucket.")


def origin(storage: dict[str, Any]) -> str | None:
    """Return the origin browsers fetch the files from, or None when that is the site itself."""
    options = storage.get("OPTIONS", {})
    if "bucket_name" not in options:
        return None
    if custom_domain := options.get("custom_domain"):
        return f"https://{custom_domain}"
    if endpoint := options.get("endpoint_url"):
        parts = urlsplit(endpoint)
        host = parts.netloc
        if options.get("addressing_style") == "virtual":
            host = f"{options['bucket_name']}.{host}"
        return f"{parts.scheme}://{host}"
    return f"https://{options['bucket_name']}.s3.amazonaws.com"


def _folder(path: str) -> dict[str, Any]:
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": path}}


def _s3(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ImproperlyConfigured("STORAGE_URL names no bucket. Write s3://bucket?region_name=…")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(options) - S3_OPTIONS):
        raise ImproperlyConfigured(
            f"STORAGE_URL has unknown options: {', '.join(unknown)}. Known: {', '.join(sorted(S3_OPTIONS))}."
        )
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": unquote(parts.path).strip("/"),
            "default_acl": None,
            "file_overwrite": False,
            **options,
        },
    }
