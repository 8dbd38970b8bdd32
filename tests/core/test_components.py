"""The shared components: what they say to those who see, and to those who do not."""

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.test import RequestFactory


class SignUpForm(forms.Form):
    name = forms.CharField(
        label="Navn", help_text="For- og efternavn", widget=forms.TextInput({"autocomplete": "name"})
    )
    phone = forms.CharField(label="Telefon", required=False)
    note = forms.CharField(label="Besked", widget=forms.Textarea, required=False)
    place = forms.ChoiceField(label="Sted", choices=[("h", "Herlev"), ("a", "Aarhus")])
    billing = forms.ChoiceField(
        label="Faktura", choices=[("ean", "EAN"), ("email", "E-mail")], widget=forms.RadioSelect
    )
    topics = forms.MultipleChoiceField(
        label="Emner", choices=[("1", "Ledelse"), ("2", "Jura")], widget=forms.CheckboxSelectMultiple, required=False
    )
    terms = forms.BooleanField(
        label="Jeg accepterer vilkårene", error_messages={"required": "Du skal acceptere vilkårene."}
    )
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


class ParticipantForm(forms.Form):
    name = forms.CharField(error_messages={"required": "Skriv deltagerens navn."})


def field(name: str, data: dict | None = None, **context) -> BeautifulSoup:
    form = SignUpForm(data)
    return BeautifulSoup(render_to_string("components/field.html", {"field": form[name], **context}), "html.parser")


@pytest.mark.parametrize(
    ("name", "tag", "css"),
    [
        ("name", "input", "form-input"),
        ("note", "textarea", "form-input"),
        ("place", "select", "form-select"),
        ("terms", "input", "form-checkbox"),
    ],
)
def test_a_control_has_its_class_and_its_label(name, tag, css):
    html = field(name)
    control = html.find(tag)
    assert css in control["class"]
    assert html.find("label")["for"] == control["id"]


def test_optional_fields_say_so_and_required_ones_do_not():
    assert "(frivilligt)" in field("phone").text
    assert "(frivilligt)" not in field("name").text


def test_attributes_of_the_widget_pass_through():
    assert field("name").input["autocomplete"] == "name"


def test_hint_and_error_are_tied_to_the_control():
    html = field("name", data={})
    described = html.input["aria-describedby"].split()
    assert [html.find(id=key) is not None for key in described] == [True, True]
    assert html.input["aria-invalid"] == "true"
    assert "form-error" in html.find(class_="form-group")["class"]
    assert "Fejl:" in html.find(class_="form-error-message").text


@pytest.mark.parametrize(("name", "kind"), [("billing", "radio"), ("topics", "checkbox")])
def test_choices_of_one_question_are_a_fieldset_with_a_legend(name, kind):
    html = field(name)
    assert html.fieldset.legend.text.strip()
    assert [item["type"] for item in html.find_all("input")] == [kind, kind]
    assert {label["for"] for label in html.find_all("label")} == {item["id"] for item in html.find_all("input")}


def test_a_choice_made_stays_made():
    assert field("billing", data={"billing": "email"}).find(checked=True)["value"] == "email"


def test_a_hidden_field_has_no_label():
    assert field("secret").label is None


def test_the_error_summary_lists_each_message_and_leads_to_its_field():
    form = SignUpForm({"name": "Kim", "place": "h"})
    formset_class = forms.formset_factory(ParticipantForm, min_num=2, extra=0)
    formset = formset_class(
        {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-name": "Bo", "form-1-name": ""}
    )
    context = {"form": form, "formset": formset, "row_label": "Deltager"}
    html = BeautifulSoup(render_to_string("components/error_summary.html", context), "html.parser")

    links = {link["href"]: link.text for link in html.find_all("a")}
    assert links["#id_terms"] == "Du skal acceptere vilkårene."
    assert links["#id_form-1-name"] == "Deltager 2: Skriv deltagerens navn."
    assert "#id_billing_0" in links
    assert html.div["tabindex"] == "-1"
    targets = BeautifulSoup(f"{form}{formset}", "html.parser")
    assert all(targets.find(id=href[1:]) for href in links)


def test_a_form_without_errors_has_no_summary():
    assert render_to_string("components/error_summary.html", {"form": SignUpForm()}).strip() == ""


@pytest.mark.parametrize(
    ("kind", "role"), [("info", None), ("success", None), ("warning", "alert"), ("error", "alert")]
)
def test_only_alerts_that_matter_interrupt(kind, role):
    html = BeautifulSoup(
        render_to_string("components/alert.html", {"kind": kind, "text": "<b>Tekst</b>"}), "html.parser"
    )
    assert html.div.get("role") == role
    assert html.find("p").text == "<b>Tekst</b>"


def test_the_pager_keeps_the_other_parts_of_the_address():
    request = RequestFactory().get("/soeg/?q=ledelse&side=2")
    page = Paginator(range(95), 10).page(2)
    html = BeautifulSoup(
        render_to_string("components/pagination.html", {"page_obj": page}, request=request), "html.parser"
    )
    assert html.find(rel="next")["href"] == "?q=ledelse&side=3"
    assert html.find(attrs={"aria-current": "page"}).text.split() == ["Side", "2"]
    assert [item.text.split()[-1] for item in html.ul.find_all("li")] == ["1", "2", "3", "…", "10"]


def test_one_page_needs_no_pager():
    request = RequestFactory().get("/")
    page = Paginator(range(3), 10).page(1)
    assert render_to_string("components/pagination.html", {"page_obj": page}, request=request).strip() == ""
