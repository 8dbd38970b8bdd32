"""Each role sees its own menus, and is refused politely elsewhere."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory
from wagtail.admin.menu import admin_menu
from wagtail.models import GroupPagePermission, Page

from website.accounts.models import User
from website.accounts.operations import ensure_roles
from website.accounts.roles import EDITOR, ORGANISER, ROLES

pytestmark = pytest.mark.django_db


def menu_of(user: User) -> set[str]:
    """Return the names of the menu items that the user sees, sub-menus as "menu/item"."""
    request = RequestFactory().get("/admin/")
    request.user = user
    seen = set()
    for item in admin_menu.menu_items_for_request(request):
        seen.add(item.name)
        if submenu := getattr(item, "menu", None):
            seen |= {f"{item.name}/{child.name}" for child in submenu.menu_items_for_request(request)}
    return seen


def test_an_editor_sees_pages_files_and_courses_but_no_participants_and_no_settings(editor):
    menu = menu_of(editor)
    assert {"explorer", "images", "documents", "courses"} <= menu
    assert "settings" not in menu
    # The rules of attendance are chosen on a course's page; who was there is nothing of theirs.
    about_people = ("registration", "enrolment", "participant", "attendance", "training")
    of_people = {name for name in menu if any(word in name for word in about_people)}
    assert of_people == {"courses/attendance-rules"}


def test_an_organiser_sees_courses_but_no_pages_no_files_and_no_settings(organiser):
    menu = menu_of(organiser)
    assert "courses" in menu
    assert menu.isdisjoint({"explorer", "images", "documents", "settings"})


def test_an_administrator_sees_what_both_see_and_the_settings(administrator, editor, organiser):
    menu = menu_of(administrator)
    assert menu_of(editor) | menu_of(organiser) <= menu
    assert {"settings/users", "settings/groups", "settings/sites", "settings/redirects", "settings/collections"} <= menu


@pytest.mark.parametrize("address", ["/admin/pages/", "/admin/images/", "/admin/users/", "/admin/groups/"])
def test_an_organiser_is_refused_in_words_at_an_editors_address(client: Client, organiser, address):
    client.force_login(organiser)
    response = client.get(address, follow=True, headers={"accept-language": "en"})
    assert response.redirect_chain[-1][0] == "/admin/"
    assert "Det område har du ikke adgang til" in response.content.decode()


@pytest.mark.parametrize("address", ["/admin/users/", "/admin/groups/", "/admin/sites/", "/admin/redirects/"])
def test_an_editor_is_refused_in_words_at_an_administrators_address(client: Client, editor, address):
    client.force_login(editor)
    response = client.get(address, follow=True)
    assert response.redirect_chain[-1][0] == "/admin/"
    assert "Det område har du ikke adgang til" in response.content.decode()


def test_an_editor_has_no_permission_on_registrations_and_an_organiser_none_on_pages(editor, organiser):
    assert not [name for name in editor.get_all_permissions() if name.startswith(("enrolments.", "messaging."))]
    assert not GroupPagePermission.objects.filter(group__user=organiser).exists()


def test_an_editor_may_give_a_course_its_run(editor):
    assert editor.has_perms(["courses.add_courserun", "courses.change_courserun", "courses.add_courseday"])
    assert not editor.has_perm("courses.delete_courserun")


def test_somebody_signed_in_without_a_role_is_refused_at_the_admin(client: Client):
    client.force_login(User.objects.create_user("underviser@example.dk"))
    assert client.get("/admin/").status_code == 403


def test_who_is_not_signed_in_is_asked_to_sign_in(client: Client):
    assert client.get("/admin/pages/").headers["Location"] == "/konto/login/?next=/admin/pages/"
    assert client.get("/admin/login/").headers["Location"] == "/konto/login/"


def test_wagtails_own_password_reset_is_closed(client: Client):
    assert client.get("/admin/password_reset/").status_code == 404


def test_roles_are_made_anew_for_a_page_tree_that_was_built_again():
    Page.objects.all().delete()
    assert not GroupPagePermission.objects.exists()
    Page.add_root(title="Root", slug="root")
    ensure_roles()
    codenames = GroupPagePermission.objects.filter(group__name=EDITOR.name).values_list("permission__codename")
    assert {codename for (codename,) in codenames} == EDITOR.pages


def test_filling_roles_again_adds_what_is_missing_and_takes_nothing_away():
    group = Group.objects.get(name=ORGANISER.name)
    extra = Permission.objects.get(codename="change_topic")
    group.permissions.add(extra)
    group.permissions.remove(Permission.objects.get(codename="add_courserun"))
    ensure_roles()
    assert group.permissions.filter(pk=extra.pk).exists()
    assert group.permissions.filter(codename="add_courserun").exists()


def test_roles_can_be_filled_before_django_has_made_the_permissions():
    Permission.objects.filter(content_type__app_label="courses").delete()
    ensure_roles()
    assert Group.objects.get(name=ORGANISER.name).permissions.filter(codename="add_courserun").exists()


def test_the_groups_are_ours_alone():
    assert set(Group.objects.values_list("name", flat=True)) == {role.name for role in ROLES}
