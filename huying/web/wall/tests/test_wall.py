"""Each figure on the wall is the list it opens."""

import re
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import resolve

from huying.web.wall import views

pytestmark = pytest.mark.django_db


def test_each_figure_is_the_length_of_the_list_it_opens(cast: Any) -> None:
    cast.closed()
    cast.in_hand()
    cast.register()
    leader = cast["leader"]
    for figure in views._context(leader)["figures"]:
        request = RequestFactory().get(figure.url)
        request.actor = leader  # type: ignore[attr-defined]
        html = resolve(request.path).func(request).content.decode()
        counted = re.search(r'aria-current="page">[^<]*<span class="hy-count">([\d,]+)</span>', html)
        assert counted is not None, figure.url
        assert int(counted[1].replace(",", "")) == figure.n, figure.words


def test_nothing_overdue_is_no_alarm(cast: Any) -> None:
    tones = {figure.words: figure.tone for figure in views._context(cast["leader"])["figures"]}
    assert set(tones.values()) == {""}
