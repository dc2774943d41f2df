"""Retention and erasure: at the end of its period a matter keeps its figures and loses its words, unless a hold keeps it.

Source: 个人信息保护法 Art 19, 47; pains-and-rights.md 8; design.md §2 rule 3 (the chain says "erased", not "fault").
"""

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import models

from huying.domains.documents import services as documents
from huying.domains.documents.vocabulary import Ending
from huying.domains.identities import queries as vault_read
from huying.domains.identities import services as vault
from huying.domains.matters import queries, services
from huying.domains.matters.models import Matter
from huying.domains.matters.services.keeping import TEXTS
from huying.kernel import audit, search
from huying.kernel.actors import Actor

JOB = Actor.system("documents.retention")


@pytest.fixture
def archived(cast, clock):
    """A closed and archived matter in which the reporter's telephone number was written down."""
    matter = cast.register(
        content="永晖社区水管破裂，请打13812345678联系。", reporter=vault.Identity(name="李四", phone="13812345678")
    )
    matter = cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-water"))
    matter = cast.act("water", services.receive, matter)
    matter = cast.act("water", services.reply, matter, text="已与13812345678联系，修好了。")
    matter = cast.act("supervisor", services.approve_reply, matter)
    matter = cast.act("follower", services.follow_up, matter, solved="yes", satisfied="yes")
    matter = cast.act("follower", services.close, matter)
    clock.move(timedelta(days=60))
    matter = cast.act("supervisor", services.archive, matter)
    documents.put_retention_rules(
        actor=JOB,
        rules=[
            documents.NewRule(
                kind="matter", valid_from=date(2020, 1, 1), months=24, ending=Ending.DE_IDENTIFY, basis="档案保管期限表"
            )
        ],
    )
    return matter


def _run(clock, months):
    clock.move(timedelta(days=31 * months))
    return next(r for r in documents.run_retention(actor=JOB) if r["kind"] == "matter")


def test_before_the_period_ends_nothing_goes(cast, archived, clock):
    assert _run(clock, 12)["let_go"] == 0
    assert "13812345678" in Matter.objects.everything("test").get(pk=archived.pk).content


def test_at_its_end_the_number_leaves_text_log_vault_and_index_and_the_chain_is_whole(cast, archived, clock):
    report = _run(clock, 30)
    assert (report["let_go"], report["identities"]) == (1, 1)
    matter = Matter.objects.everything("test").get(pk=archived.pk)
    assert "13812345678" not in matter.content
    assert "13812345678" not in queries.page(cast["supervisor"], matter.pk).replies[0].text
    assert (matter.solved, matter.closed_at is not None) == ("yes", True)
    assert all(entry.erased for entry in audit.history("matter", matter.pk) if entry.action in {"register", "reply"})
    assert search.find("matter", "水管破裂", [f"d{matter.county}"], actor=cast["dispatcher"]) == [matter.pk]
    assert all(line.erased for line in vault_read.people(cast["supervisor"], "matter", matter.pk))
    found = audit.verify()
    assert found.ok
    assert found.erased > 0


def test_a_legal_hold_keeps_it(cast, archived, clock):
    documents.place_hold(actor=cast["supervisor"], kind="matter", record_ids=[archived.pk], why="行政诉讼期间")
    report = _run(clock, 30)
    assert (report["let_go"], report["held"]) == (0, 1)


def test_every_free_text_hung_on_a_matter_is_known_to_the_erasure():
    known = {(model, name) for model, names in TEXTS.items() for name in names}
    free = {
        (model, field.name)
        for model in apps.get_app_config("matters").get_models()
        if model is not Matter
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField)
    }
    assert free - known == set()
