"""An accusation is never forwarded to the accused, nor its author disclosed; interested staff recuse themselves.

Source: 信访工作条例 Art 28, 30, 46.
"""

import pytest

from huying.domains.identities import services as vault
from huying.domains.identities.vocabulary import RecusalReason
from huying.domains.matters import queries, services
from huying.domains.matters.vocabulary import Confidentiality, Kind
from huying.kernel import search
from huying.kernel.errors import HuyingError, NotFound, Refused


@pytest.fixture
def accusation(cast):
    return cast.register(
        kind=Kind.REPORT,
        content="住建局窗口收费不开票据，请查处。",
        accused_units=(cast.unit("331102-housing"),),
        reporter=vault.Identity(name="举报人甲", phone="13800000001"),
    )


def test_it_cannot_be_sent_to_the_accused_unit(cast, accusation):
    with pytest.raises(Refused, match="不得转给它"):
        cast.act("dispatcher", services.dispatch, accusation, lead_unit=cast.unit("331102-housing"))
    with pytest.raises(Refused):
        cast.act(
            "dispatcher",
            services.dispatch,
            accusation,
            lead_unit=cast.unit("331102-discipline"),
            supporters=(cast.unit("331102-housing"),),
        )


def test_it_is_called_in_by_no_partner_either(cast, accusation):
    matter = cast.act("dispatcher", services.dispatch, accusation, lead_unit=cast.unit("331102-discipline"))
    matter = cast.act("discipline", services.receive, matter)
    with pytest.raises(HuyingError, match="回避"):
        cast.act("discipline", services.call_supporters, matter, units=(cast.unit("331102-housing"),))


def test_the_accused_unit_finds_nothing_of_it(cast, accusation):
    for who in ("housing", "housing_head"):
        assert queries.listing(cast[who]).matters == []
        assert queries.listing(cast[who], words="收费").matters == []
        with pytest.raises(NotFound):
            queries.matter(cast[who], accusation.pk)


def test_a_recused_post_no_longer_sees_what_it_otherwise_would(cast, accusation):
    assert queries.matter(cast["dispatcher"], accusation.pk) == accusation
    vault.recuse(
        actor=cast["supervisor"],
        recusals=[
            vault.NewRecusal(
                kind="matter",
                record_id=accusation.pk,
                post_id=cast["dispatcher"].post_id,
                reason=RecusalReason.INTERESTED,
            )
        ],
    )
    with pytest.raises(NotFound):
        queries.matter(cast["dispatcher"], accusation.pk)
    assert queries.listing(cast["dispatcher"]).matters == []


def test_its_author_is_name_hidden_though_nobody_asked(cast, accusation):
    assert accusation.confidentiality == Confidentiality.NAME_HIDDEN


def test_its_authors_name_is_not_in_the_index(cast, accusation):
    assert search.find("matter", "票据", [f"d{accusation.county}"], actor=cast["dispatcher"]) == [accusation.pk]
    assert search.find("matter", "举报人甲", [f"d{accusation.county}"], actor=cast["dispatcher"]) == []
