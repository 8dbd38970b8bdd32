"""STORAGE_URL says in one line where uploaded files live."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from website.storage import default_storage, origin


def test_without_an_address_files_live_in_the_media_folder():
    storage = default_storage("", media_root="/srv/var/media")

    assert storage["OPTIONS"]["location"] == "/srv/var/media"
    assert origin(storage) is None


def test_a_folder_may_have_a_space():
    assert default_storage("file:///srv/my%20files", media_root="")["OPTIONS"]["location"] == "/srv/my files"


def test_a_bucket_with_its_region_and_endpoint():
    storage = default_storage(
        "s3://kurser/media?endpoint_url=https%3A%2F%2Fs3.example.dk&region_name=eu-north-1", media_root=""
    )

    assert storage["BACKEND"] == "storages.backends.s3.S3Storage"
    assert storage["OPTIONS"]["bucket_name"] == "kurser"
    assert storage["OPTIONS"]["location"] == "media"
    assert storage["OPTIONS"]["region_name"] == "eu-north-1"
    assert origin(storage) == "https://s3.example.dk"


def test_django_can_open_that_bucket():
    from django.core.files.storage import storages

    handler = type(storages)({"default": default_storage("s3://kurser?region_name=eu-north-1", media_root="")})

    assert handler["default"].bucket_name == "kurser"


@pytest.mark.parametrize("url", ["ftp://server/folder", "file://", "s3://", "s3://bucket?acess_key=typo"])
def test_what_makes_no_sense_is_refused_in_words(url):
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL"):
        default_storage(url, media_root="")
