"""What a demo matter's life is made of: its steps, and the shares and phrases it draws from."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from huying.domains.matters.demo.texts import Told, Topic
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import (
    Kind,
    Outcome,
    Solved,
)
from huying.kernel.actors import Role

Life = Generator["Step", Matter | None, None]
WAITING = "await_reporter"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Step:
    """`action` of the process at `at`, by a post with `role` of `unit` (None: the reporter); `fields` of its order."""

    action: str
    at: datetime
    role: Role | None
    unit: int | None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Case:
    """What the life needs to know. lead None: the catalogue names nobody here, so a dispatcher decides among `others`."""

    topic: Topic
    told: Told
    matter: Matter
    centre: int
    lead: int
    is_township: bool
    supporters: tuple[int, ...]
    others: tuple[int, ...]
    rule_key: str
    grounds: str
    repeat_of: int | None = None

    def step(self, unit: int, role: Role, action: str, at: datetime, **fields: Any) -> Step:
        return Step(action, at, role, unit, fields)


REASONS_NOT_ACCEPTED = {
    Outcome.EMERGENCY: "情况紧急，已转110、119、120处置并告知来电人。",
    Outcome.OTHER_PROCEDURE: "属于诉讼、仲裁或行政复议途径，已告知办理方式。",
    Outcome.REPEAT: "与办理中的事项重复且无新情况，已告知进度。",
    Outcome.SECRET_OR_PRIVATE: "涉及他人隐私，不予公开办理，已说明理由。",
    Outcome.OUT_OF_SCOPE: "不在热线受理范围，已告知正确渠道。",
    Outcome.UNLAWFUL: "诉求不合法律规定，已劝导说明。",
}
# Most calls to a hotline end with the call-taker's answer (a prefecture's month: 90,221 calls, 16,253 orders). Fewer do here,
# or there would be little to see.
ANSWERED = {Kind.ENQUIRY: 0.9, Kind.HELP: 0.22, Kind.COMPLAINT: 0.12, Kind.REPORT: 0.03, Kind.SUGGESTION: 0.3}
OBJECTIONS = ("该路段权属不在本单位，附图说明。", "按职责分工应由行业主管部门牵头。", "反映地点不在本辖区。")
EXTENSIONS = ("需等待配件到货，预计三日内完成。", "涉及多户协商，需再次入户。", "连续降雨无法施工。")
SAID = {
    Solved.YES: ("问题已经解决。", "处理得比较快。", "已修好，谢谢。"),
    Solved.PARTLY: ("解决了一部分，还要再看看。", "有改善，但没有彻底。"),
    Solved.NO: ("没有解决，还是老样子。", "只打了电话，没有到现场。"),
}
