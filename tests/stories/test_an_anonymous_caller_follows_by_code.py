"""No account, no name: the number and the secret code are enough to see the whole story, and nothing else opens it.

Source: pains-and-rights.md; hotline-and-dispatch.md (the caller's choice to stay anonymous is respected).
"""

import pytest

from huying.domains.matters import queries, services
from huying.domains.matters.vocabulary import Channel, Confidentiality, Kind
from huying.kernel.actors import Actor
from huying.kernel.errors import NotFound, TooMany


@pytest.fixture
def call(cast):
    return services.register(
        actor=Actor.public("web"),
        channel=Channel.WEB,
        kind=Kind.COMPLAINT,
        content="永晖社区垃圾房三天没有清运，气味很大。",
        division="331102001001",
        confidentiality=Confidentiality.ANONYMOUS,
    )


def test_the_story_is_told_in_plain_words_without_posts_or_people(cast, call):
    matter = cast.act("dispatcher", services.dispatch, call.matter, lead_unit=cast.unit("331102-housing"))
    cast.act("housing", services.receive, matter)
    found = queries.by_code(call.matter.number, call.query_code)
    story = queries.public_story(found)
    assert [str(line.words) for line in story.lines] == ["已收到，并登记编号", "已派给承办单位", "承办单位已签收"]
    assert story.unit == "莲都区住建局"
    everything = " ".join(f"{line.words}{line.text}" for line in story.lines)
    assert "housing" not in everything
    assert "承办员" not in everything


def test_the_number_is_understood_however_it_was_written_down(cast, call):
    spoken = call.matter.number.replace("-", " ")
    assert queries.by_code(spoken, call.query_code.replace("-", "")) == call.matter


@pytest.mark.parametrize("wrong", ["0000-0000-0000-0000", "", "x" * 400])
def test_a_wrong_code_opens_nothing(cast, call, wrong):
    with pytest.raises(NotFound):
        queries.by_code(call.matter.number, wrong)


def test_guessing_is_locked_out(cast, call):
    for _guess in range(5):
        with pytest.raises(NotFound):
            queries.by_code(call.matter.number, "1111-1111-1111-1111")
    with pytest.raises(TooMany):
        queries.by_code(call.matter.number, call.query_code)


def test_the_reporter_acts_only_on_the_own_matter(cast, call):
    other = cast.register()
    me = Actor.public("web", public_key=f"matter:{call.matter.pk}")
    services.comment(actor=me, matter_id=call.matter.pk, text="今天还是没有清运。")
    with pytest.raises(NotFound):
        services.comment(actor=me, matter_id=other.pk, text="看看别人的")


def test_the_reporters_own_answer_is_the_follow_up(cast):
    matter = cast.reviewed()
    me = Actor.public("web", public_key=f"matter:{matter.pk}")
    matter = services.evaluate(actor=me, matter_id=matter.pk, solved="yes", satisfied="fairly")
    assert (matter.state, matter.solved, matter.satisfied) == ("followed_up", "yes", "fairly")
