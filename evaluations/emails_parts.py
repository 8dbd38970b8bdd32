"""What the mails share that ask people for answers: whom they go to, the link to the questions, and the promise.

The link is derived when a mail is sent and stored nowhere.
"""

from typing import Any

from django.utils.translation import gettext_lazy

from evaluations.links import answer_link
from evaluations.models import Voter
from website.messaging.texts import Block, Placeholder

Context = dict[str, Any]

ANSWER = Placeholder("answer", gettext_lazy("the button to the questions"), block=True, required=True)
ANONYMOUS = Placeholder("anonymous", gettext_lazy("how we keep answers anonymous"), block=True)


def about_voter(voter: Voter, name: str) -> Context:
    return {"name": name, "voter": voter.pk, "link_version": voter.link_version}


def about_nobody(name: str) -> Context:
    """Return the same for a sample: its link opens nothing."""
    return {"name": name, "voter": 0, "link_version": 1}


def answer_button(label: str, context: Context) -> Block:
    """Return the button to the voter's own questions."""
    return Block.button(label, answer_link.url(Voter(pk=context["voter"], link_version=context["link_version"])))
