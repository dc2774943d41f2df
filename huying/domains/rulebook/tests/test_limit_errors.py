"""What is typed as a limit and is none is said in the reader's language alone."""

import re

import pytest
from django.utils.translation import override

from huying.kernel.deadlines import Limit
from huying.kernel.errors import InvalidInput


@pytest.mark.parametrize("text", ["15 XX", "0 WD", "99999 h"])
def test_a_limit_that_is_none_is_said_in_the_readers_language_alone(text):
    chinese = re.compile("[一-鿿]")
    for language, mixed in (("zh-hans", re.compile(r"[a-z]{4,}")), ("en", chinese)):
        with override(language), pytest.raises(InvalidInput) as said:
            Limit.parse(text)
        assert not mixed.search(f"{said.value.message} {said.value.cure}")
