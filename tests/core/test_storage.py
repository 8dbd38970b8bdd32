"""STORAGE_URL says in one line where uploaded files live."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from website.storage import default_storage, origin, private_storage


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


def test_private_files_live_in_a_folder_apart():
    assert private_storage("", public_url="", private_root="/srv/var/private")["OPTIONS"]["location"] == (
        "/srv/var/private"
    )


def test_private_files_may_live_in_a_bucket_of_their_own():
    storage = private_storage("s3://hemmeligt", public_url="s3://kurser", private_root="")

    assert storage["OPTIONS"]["bucket_name"] == "hemmeligt"


@pytest.mark.parametrize(("private_url", "public_url"), [("", "s3://kurser"), ("s3://kurser", "s3://kurser")])
def test_private_files_never_share_the_public_bucket(private_url, public_url):
    with pytest.raises(ImproperlyConfigured, match="PRIVATE_STORAGE_URL"):
        private_storage(private_url, public_url=public_url, private_root="/srv/var/private")
