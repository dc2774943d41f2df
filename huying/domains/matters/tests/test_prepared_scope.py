"""A read compiled once keeps to the scope it was written with."""

import pytest

from huying.domains.matters.models import Matter
from huying.kernel import prepared
from huying.kernel.errors import Unscoped

pytestmark = pytest.mark.django_db


def test_a_scoped_model_is_not_read_without_a_scope():
    with pytest.raises(Unscoped):
        prepared.rows("test unscoped", lambda pk: Matter.objects.filter(pk=pk), 1)


def test_it_reads_through_a_scope_as_the_query_set_does(cast):
    matter = cast.dispatched()
    for who in ("dispatcher", "water", "housing", "other_dispatcher", "auditor"):
        actor = cast[who]
        read = prepared.rows(
            "test scope", lambda pk, a=actor: Matter.objects.visible_to(a).filter(pk=pk), matter.pk, of=actor
        )
        assert read == list(Matter.objects.visible_to(actor).filter(pk=matter.pk))
