"""The words of a mail, as staff write them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from website.messaging.models import MailText
from website.messaging.registry import mail_kinds
from website.messaging.texts import Block, Filled, Placeholder, check_words, register_text_mail, render

BODY = "Dear {name}\n\n{facts}\n\n## What now\n- First {name}\n- Then\n\n{nothing}\n\n{link}"


@pytest.fixture
def kind():
    @register_text_mail(
        "tests.text",
        title="A test",
        about="When it is tested",
        subject="Hello {name}",
        body=BODY,
        placeholders=[
            Placeholder("name", "the name"),
            Placeholder("nothing", "often empty"),
            Placeholder("facts", "the facts", block=True),
            Placeholder("link", "the button", block=True, required=True),
        ],
    )
    def fill(context: dict[str, Any]) -> Filled:
        return Filled(
            values={
                "name": context["name"],
                "nothing": "",
                "facts": Block(text="When: now", html="<dl>when</dl>"),
                "link": Block.button("Go", "https://example.dk/?a=1&b=2"),
            }
        )

    yield mail_kinds.get("tests.text").text
    mail_kinds._entries.pop("tests.text")


@pytest.mark.django_db
class TestRendering:
    def test_a_mail_has_our_words_until_staff_write_their_own(self, kind):
        assert "Dear Ada" in render(kind, {"name": "Ada"}).text
        MailText.objects.create(kind=kind.name, subject="{name}!", body="Hi {name}\n\n{link}")
        mail = render(kind, {"name": "Ada"})
        assert (mail.subject, "Dear" in mail.text) == ("Ada!", False)

    def test_values_are_escaped_in_html_and_never_read_as_placeholders(self, kind):
        mail = render(kind, {"name": "<b>{link}</b>"})
        assert "Dear &lt;b&gt;{link}&lt;/b&gt;" in mail.html
        assert "Dear <b>{link}</b>" in mail.text

    def test_headings_lists_blocks_and_buttons_come_out_in_both_forms(self, kind):
        mail = render(kind, {"name": "Ada"})
        assert "<h2>What now</h2>\n<ul><li>First Ada</li><li>Then</li></ul>" in mail.html
        assert "<dl>when</dl>" in mail.html
        assert 'href="https://example.dk/?a=1&amp;b=2"' in mail.html
        assert "When: now\n\nWhat now\n\n- First Ada\n- Then\n\nGo:\nhttps://example.dk/?a=1&b=2" in mail.text

    def test_a_line_that_comes_out_empty_leaves_no_gap(self, kind):
        assert "<p></p>" not in render(kind, {"name": "Ada"}).html


class TestWords:
    @pytest.mark.parametrize(
        ("subject", "body", "field"),
        [
            ("{nobody}", "{link}", "subject"),
            ("{facts}", "{link}", "subject"),
            ("Hi", "{nobody}\n\n{link}", "body"),
            ("Hi", "See {link} here", "body"),
            ("Hi", "No button", "body"),
        ],
    )
    def test_words_that_cannot_work_are_refused_at_their_field(self, kind, subject, body, field):
        with pytest.raises(ValidationError) as caught:
            check_words(kind, subject=subject, body=body)
        assert list(caught.value.message_dict) == [field]

    def test_braces_that_name_no_placeholder_are_left_alone(self, kind):
        check_words(kind, subject="{ }", body="{0} {name.__class__}\n{link}")
        assert "{name.__class__}" in render_words(kind, "{name.__class__}\n\n{link}")


def render_words(kind, body: str) -> str:
    return render(kind, {"name": "Ada"}, subject="x", body=body).text
