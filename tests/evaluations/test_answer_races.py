"""One link in many tabs at once, on real connections: one ballot. And answers handed in while it closes."""

from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from evaluations.models import Ballot, Evaluation
from tests.enrolments.test_races import at_once
from tests.evaluations.answer_helpers import open_ballots, url_of, values_of, voters_of
from tests.evaluations.factories import open_evaluation

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_link_sent_from_ten_tabs_at_once_is_one_ballot():
    evaluation = open_evaluation(people=1)
    url = url_of(voters_of(evaluation)[0])

    replies = at_once(*(lambda n=n: Client().post(url, {"q-confidence": str(n)}).status_code for n in range(10)))

    assert Counter(replies) == {303: 1, 409: 9}
    assert [values_of(each) for each in open_ballots(evaluation)] == [{"confidence": replies.index(303)}]


def test_everybody_at_once_is_a_ballot_each():
    evaluation = open_evaluation(people=8)
    urls = [url_of(voter) for voter in voters_of(evaluation)]

    replies = at_once(*(lambda url=url: Client().post(url, {"q-teaching": "2"}).status_code for url in urls * 2))

    assert Counter(replies) == {303: 8, 409: 8}
    assert Ballot.objects.count() == evaluation.voters.filter(has_answered=True).count() == 8


def test_who_answers_while_it_closes_is_either_counted_or_told():
    evaluation = open_evaluation(people=8)
    urls = [url_of(voter) for voter in voters_of(evaluation)]

    def close() -> None:
        Evaluation.objects.filter(pk=evaluation.pk).update(closes_at=timezone.now() - timedelta(seconds=1))

    *replies, _closed = at_once(
        *(lambda url=url: Client().post(url, {"q-teaching": "2"}).status_code for url in urls), close
    )

    assert set(replies) <= {303, 409}
    assert Ballot.objects.count() == replies.count(303) == evaluation.voters.filter(has_answered=True).count()
