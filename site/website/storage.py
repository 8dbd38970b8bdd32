"""Where uploaded files live, from one address in the environment (`STORAGE_URL`).

file:///srv/cok/media           a folder of this machine, served by the front web server
s3://bucket/prefix?region_name=eu-north-1&endpoint_url=https://s3.example.dk
                                S3 or anything that speaks it; keys in the query (access_key,
                                secret_key) or in the usual AWS environment variables

What nobody may fetch by its address (files that people send with a registration) lives apart, at
`PRIVATE_STORAGE_URL`, written the same way. It is only ever read by our own views.
"""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, storages

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


def private_storage(url: str, *, public_url: str, private_root: str) -> dict[str, Any]:
    """Return the entry of `STORAGES["private"]` for that PRIVATE_STORAGE_URL (empty: the folder `private_root`).

    Raises ImproperlyConfigured as `default_storage` does; and for a bucket that is the public one too, or for
    no address while public files are in a bucket: a folder of one machine would not be seen by the others.
    """
    if not url:
        if urlsplit(public_url).scheme == "s3":
            raise ImproperlyConfigured(
                "STORAGE_URL is a bucket, so PRIVATE_STORAGE_URL must name another one, which nobody but us can read."
            )
        return _folder(private_root)
    entry = default_storage(url, media_root=private_root)
    if entry == default_storage(public_url, media_root=""):
        raise ImproperlyConfigured("PRIVATE_STORAGE_URL is the same place as STORAGE_URL. Choose another.")
    # A link that S3 signs would open the file to whoever has it: our views read the file themselves.
    return entry


def private() -> Storage:
    """Return the storage of private files. A callable, so that migrations do not freeze where that is."""
    return storages["private"]


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
