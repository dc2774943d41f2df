"""Datasets for tests."""

from __future__ import annotations

from typing import Any

from huying.domains.exchange.schema import DatasetRow

FIRES: dict[str, Any] = {
    "code": "fires_monthly",
    "name": {"zh": "火灾月报", "en": "Fires by month"},
    "division": "331100000000",
    "level": "county",
    "owner": "fire",
    "calendar": {"due": "5 WD", "lock": "15 WD", "reopened": "3 WD"},
    "reference": "消防法",
    "provenance": "demo",
    "valid_from": "2026-01-01",
    "measures": [
        {"code": "fires", "name": {"zh": "火灾起数", "en": "fires"}, "unit": "起", "jump": 1, "jump_least": 10},
        {"code": "loss", "name": {"zh": "损失", "en": "loss"}, "unit": "万元", "type": "money", "required": False},
        {"code": "inspected", "name": {"zh": "检查家数", "en": "inspected"}, "unit": "家"},
        {"code": "faulty", "name": {"zh": "有隐患家数", "en": "faulty"}, "unit": "家", "part_of": "inspected"},
        {
            "code": "faulty_rate",
            "name": {"zh": "隐患比例", "en": "share faulty"},
            "unit": "%",
            "type": "rate",
            "parts": ["faulty", "inspected"],
            "required": False,
        },
    ],
    "rules": [
        {"rule": "loss = 0 or fires > 0", "says": {"zh": "有损失必有火灾", "en": "a loss has its fire"}},
        {
            "rule": "inspected >= previous(inspected) * 0.2",
            "says": {"zh": "检查数骤降", "en": "far fewer inspections"},
            "explain": True,
        },
    ],
}
SAFE: dict[str, Any] = {
    "code": "feels_safe",
    "kind": "survey",
    "name": {"zh": "安全感", "en": "Feeling safe"},
    "division": "331100000000",
    "level": "county",
    "owner": "3311-statistics",
    "period": "quarter",
    "calendar": {"due": "20 D", "lock": "40 D"},
    "survey": {"by": "市统计局", "method": {"zh": "电话访问", "en": "by telephone"}, "least_n": 200},
    "reference": "统计法",
    "provenance": "demo",
    "valid_from": "2026-01-01",
    "measures": [
        {"code": "safe", "name": {"zh": "感到安全", "en": "feel safe"}, "unit": "%", "type": "rate", "maximum": 100}
    ],
}


def row(base: dict[str, Any] = FIRES, **changed: Any) -> DatasetRow:
    return DatasetRow.model_validate({**base, **changed})


def measure(**fields: Any) -> dict[str, Any]:
    return {"code": "cases", "name": {"zh": "件数", "en": "cases"}, "unit": "件", **fields}


def a_dataset_of(unit: str, division: str) -> str:
    """A dataset that one unit reports for one county since October; its code. Due in five working days, locked after ten."""
    from huying.domains.exchange import services
    from huying.kernel.actors import Actor

    made = row(
        code=f"of_{unit.replace('-', '_')}",
        owner=unit,
        division=division,
        feed="generated",
        valid_from="2026-10-01",
        calendar={"due": "5 WD", "lock": "10 WD"},
    )
    services.put_datasets(actor=Actor.system("test"), rows=[made])
    services.open_reports([made.code])
    return made.code
