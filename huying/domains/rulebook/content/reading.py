"""From limits.yaml to rules: values by start date over what doesn't change, each closed by its successor's start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from huying.kernel.deadlines import Rule
from huying.kernel.errors import InvalidInput
from huying.kernel.parameters import Lines, read_yaml


def read_limits(source: Path) -> dict[str, tuple[Rule, ...]]:
    """Rule key → versions, oldest first. Raises InvalidInput with file, line and cure."""
    data, lines = read_yaml(source)
    if not isinstance(data, Mapping) or not isinstance(data.get("limits"), Mapping):
        raise lines.fault("应有 limits 一节", cure="见 docs/howto 中的时限写法")
    return limit_versions(data["limits"], lines, data.get("day_laws") or {}, data.get("pauses") or {}, ("limits",))


def limit_versions(
    bodies: Mapping[str, Any],
    lines: Lines,
    day_laws: Mapping[str, Any],
    pauses: Mapping[str, Any],
    at: tuple[str, ...] = (),
) -> dict[str, tuple[Rule, ...]]:
    """The rules of the mapping `bodies`: key → {zh, en, kind, …, values: [{from, limit, …}]}."""
    found: dict[str, tuple[Rule, ...]] = {}
    for key, body in bodies.items():
        if not isinstance(body, Mapping) or not isinstance(body.get("values"), list) or not body["values"]:
            raise lines.fault(f"{key} 没有 values", *at, key, cure="至少写一条 {from: 日期, limit: 时限}")
        base = {name: value for name, value in body.items() if name != "values"}
        versions = []
        starts = [row.get("from") if isinstance(row, Mapping) else None for row in body["values"]]
        for index, row in enumerate(body["values"]):
            here: tuple[str | int, ...] = (*at, key, "values", index)
            start = starts[index]
            if not isinstance(start, date):
                raise lines.fault(f"{key} 的取值缺少生效日期 from", *here, cure="写成 from: 2021-01-01")
            following = starts[index + 1] if index + 1 < len(starts) else None
            if following is not None and (not isinstance(following, date) or following <= start):
                raise lines.fault(f"{key} 的取值未按日期先后排列", *here, cure="从早到晚，每个日期一条")
            end = row.get("to") or following
            flat = {**base, **{name: value for name, value in row.items() if name not in {"from", "to"}}}
            flat = {"key": key, **flat, "valid_from": start, "valid_to": end}
            try:
                versions.append(Rule.from_json(_resolved(flat, day_laws, pauses)))
            except InvalidInput as error:
                raise lines.fault(error.message, *here, cure=error.cure) from None
        found[key] = tuple(versions)
    return found


def _resolved(flat: dict[str, Any], day_laws: Mapping[str, Any], pauses: Mapping[str, Any]) -> dict[str, Any]:
    """Names of shared day laws and pause reasons put out in full."""
    law = flat.get("day_law")
    if isinstance(law, str):
        if law not in day_laws:
            raise InvalidInput(f"没有名为 {law} 的 day_law", cure=f"可用：{'、'.join(day_laws)}")
        flat["day_law"] = day_laws[law]
    listed = []
    for reason in flat.get("pauses") or []:
        if isinstance(reason, str):
            if reason not in pauses:
                raise InvalidInput(f"没有名为 {reason} 的中止事由", cure=f"可用：{'、'.join(pauses)}")
            listed.append({"key": reason, **pauses[reason]})
        else:
            listed.append(reason)
    flat["pauses"] = listed
    return flat
