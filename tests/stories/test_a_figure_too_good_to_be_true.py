"""A county reports that everything was done in time. The report asks, a person answers, and what was answered goes up with it.

The figure is looked into and falls; the report is published again with the reason, and the first edition stays to be read.
"""

from __future__ import annotations

from typing import Any

import pytest

from huying.analytics import published
from huying.analytics.periods import Period
from huying.analytics.tests.test_lake import refresh
from huying.domains.bulletins import queries, services
from huying.domains.bulletins.models import ReportSet
from huying.domains.bulletins.tests.made import MONTHLY, town
from huying.kernel import audit
from huying.kernel.errors import Forbidden, NotAllowedNow

pytestmark = pytest.mark.django_db


def test_a_figure_too_good_to_be_true_is_asked_about_answered_and_mended(
    cast: Any, clock: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "folder", lambda: tmp_path / "lake")
    refresh(town(perfect=True), tmp_path / "lake", full=True)
    ReportSet.objects.create(code="monthly", period="month", body={**MONTHLY, "approval": ["own"]})
    analyst, leader = cast["analyst"], cast["leader"]
    report = services.start(actor=analyst, set_code="monthly", period=Period.parse("2026-10"))

    def do(verb: Any, actor: Any, **given: Any) -> Any:
        version = queries.bulletin(actor, report.pk).version
        return verb(actor=actor, bulletin_id=report.pk, version=version, **given)

    (own, *_places) = [note for note in report.content["findings"] if note["rule"] == "too_perfect"]
    assert "100.0%（n=60）" in own["zh"]
    do(services.comment, analyst, section="commentary", text="十月按时办结率明显上升。")
    with pytest.raises(NotAllowedNow, match="可信度提示还没有人签署说明"):
        do(services.submit, analyst)
    do(services.comment, analyst, section="credibility", text="抽查十件，暂未见异常；其余待查。")
    do(services.submit, analyst)
    with pytest.raises(Forbidden):
        do(services.approve, analyst)
    do(services.approve, leader)
    first = do(services.publish, leader)
    assert "其余待查" in str(queries.edition_paper(first, "zh-hans").blocks)

    refresh(town(), tmp_path / "lake", full=True)
    do(services.reopen, leader, reason="抽查发现三十件先点办结后办理，已更正原始记录。")
    do(services.refresh, analyst)
    do(services.comment, analyst, section="commentary", text="更正后按时办结率为50.0%。")
    do(services.submit, analyst)
    do(services.approve, leader)
    second = do(services.publish, leader)

    values = [row.whole()["figures"]["closed_in_time"]["now"]["value"] for row in (first, second)]
    assert values == [1.0, 0.5]
    assert second.reason.startswith("抽查发现三十件")
    assert [event.action for event in audit.history("bulletin", report.pk)].count("publish") == 2
    assert audit.verify().ok
