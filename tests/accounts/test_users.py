"""Users: made by us, named by their address, managed in the admin."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client

from website.accounts.models import User
from website.accounts.operations import ensure_user_for_address
from website.accounts.roles import EDITOR, ORGANISER

pytestmark = pytest.mark.django_db


def test_a_new_user_has_a_verified_address_and_a_danish_admin():
    user = User.objects.create_user("Ny.Bruger@Example.DK")
    assert user.email == "ny.bruger@example.dk"
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == ("ny.bruger@example.dk", True, True)
    assert user.wagtail_userprofile.preferred_language == "da"
    assert not user.has_usable_password()


def test_one_address_is_one_user_however_it_is_written():
    first = ensure_user_for_address("lone@example.dk", "Lone Nørgård Larsen")
    again = ensure_user_for_address(" LONE@example.dk ", "En anden")
    assert again.pk == first.pk
    assert (first.first_name, first.last_name) == ("Lone Nørgård", "Larsen")


def test_linking_a_member_of_staff_as_presenter_keeps_role_and_password(organiser):
    password = organiser.password
    assert ensure_user_for_address(organiser.email, "Arne").pk == organiser.pk
    organiser.refresh_from_db()
    assert organiser.password == password
    assert organiser.groups.get().name == ORGANISER.name


def form_data(**changes):
    return {
        "email": "Ny@Example.dk",
        "first_name": "Nina",
        "last_name": "Yde",
        "password1": "",
        "password2": "",
        "groups": [Group.objects.get(name=EDITOR.name).pk],
        **changes,
    }


def test_an_administrator_makes_an_editor_who_chooses_a_password_alone(client: Client, administrator):
    client.force_login(administrator)
    assert client.get("/admin/users/new/").status_code == 200
    response = client.post("/admin/users/new/", form_data())
    assert response.status_code == 302
    user = User.objects.get(email="ny@example.dk")
    assert user.is_staff and not user.has_usable_password()
    assert EmailAddress.objects.filter(user=user, email="ny@example.dk", verified=True).exists()


def test_an_address_that_is_taken_is_refused_at_the_field(client: Client, administrator, editor):
    client.force_login(administrator)
    response = client.post("/admin/users/new/", form_data(email="REDAKTOER@example.dk"))
    assert response.status_code == 200
    assert "email" in response.context["form"].errors


def test_a_changed_address_is_the_one_to_sign_in_with(client: Client, administrator, editor):
    client.force_login(administrator)
    client.post(f"/admin/users/edit/{editor.pk}/", form_data(email="rie@example.dk", is_active="on"))
    assert [row.email for row in EmailAddress.objects.filter(user=editor)] == ["rie@example.dk"]


def test_taking_the_role_away_takes_staff_away(client: Client, administrator, editor):
    client.force_login(administrator)
    client.post(f"/admin/users/edit/{editor.pk}/", form_data(email=editor.email, groups=[], is_active="on"))
    editor.refresh_from_db()
    assert not editor.is_staff
    client.force_login(editor)
    assert client.get("/admin/").status_code == 403


def test_an_administrator_cannot_make_superusers(client: Client, administrator, editor):
    client.force_login(administrator)
    client.post(f"/admin/users/edit/{editor.pk}/", form_data(email=editor.email, is_superuser="on", is_active="on"))
    editor.refresh_from_db()
    assert not editor.is_superuser


def test_an_administrator_may_edit_themselves_but_not_lock_themselves_out(client: Client, administrator):
    client.force_login(administrator)
    address = f"/admin/users/edit/{administrator.pk}/"
    assert client.get(address).status_code == 200
    groups = list(administrator.groups.values_list("pk", flat=True))
    client.post(address, form_data(email=administrator.email, first_name="Ane", groups=groups))
    administrator.refresh_from_db()
    assert (administrator.first_name, administrator.is_active) == ("Ane", True)


def test_the_list_of_users_shows_address_and_role(client: Client, administrator, editor):
    client.force_login(administrator)
    page = client.get("/admin/users/").content.decode()
    assert editor.email in page and EDITOR.name in page
