"""Write units, grid workers' posts and portfolio of the shipped packs from their divisions: `python -m tools.organizations`.

Every place gets the bodies of huying/packs/departments.yaml that its level has; a township gets its government and centre.
What a public document names is marked so; the rest is invented for the demo and says so. Running it again changes nothing.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PACKS = Path(__file__).resolve().parents[1] / "huying" / "packs"
CODES = "统计用区划代码（2023 年）所列建制"
DIGITS = {"province": 2, "city": 4, "county": 6, "township": 9, "village": 12}
ABOVE = {"city": "province", "county": "city", "township": "county"}
# Bodies without which a county of a whole province would not be itself; its other matters go to the city's.
CORE = """government centre hotline political_legal police traffic_police justice petitions housing urban_management
natural_resources environment water transport agriculture education health human_resources civil_affairs
medical_insurance market_regulation emergency fire culture_tourism electricity water_supply tax""".split()  # noqa: SIM905
POSTS = {
    "government": {
        "township": "mayor|handler",
        "": "mayor|deputy_law|deputy_urban|deputy_livelihood|deputy_economy|deputy_rural|handler",
    },
    "centre": {
        "township": "head|handler|dispatcher|grid_office",
        "": "head|call_taker|dispatcher|followup|supervisor|grid_office|analyst",
    },
    "hotline": {"": "head|call_taker|dispatcher|followup|supervisor"},
    "political_legal": {"": "head|handler|supervisor"},
    "government_office": {"": "head|handler|supervisor"},
}
LEADERS = {
    "deputy_law": "police traffic_police justice petitions political_legal social_work veterans government_services",
    "deputy_urban": "housing urban_management natural_resources environment transport water_supply gas heating "
    "public_transport provident_fund electricity telecom",
    "deputy_livelihood": "education health disease_control human_resources civil_affairs medical_insurance "
    "disabled_persons culture_tourism sports trade_union womens_federation",
    "deputy_rural": "agriculture water forestry",
}
LEADER_OF = {key: leader for leader, keys in LEADERS.items() for key in keys.split()}


@dataclass(frozen=True)
class Place:
    code: str
    name: str
    level: str
    parent: str
    functional: bool

    @property
    def prefix(self) -> str:
        return self.code[: DIGITS[self.level]]


@dataclass(frozen=True)
class Plan:
    """root: prefix of the codes that get units. without: bodies this place hasn't. workers: counties whose grids get posts.
    named: unit code → (name, source) for what a public document names."""

    root: str
    top: str
    without: frozenset[str]
    workers: tuple[str, ...]
    named: dict[str, tuple[str, str]]


PLANS = {
    "lishui": Plan(
        "3311", "city", frozenset({"heating"}), ("331102",),
        {"3311-centre": ("丽水市社会治理中心", "丽水市社会治理中心与网格工作的公开材料")},
    ),
    "gansu": Plan("62", "province", frozenset(), (), {"62-centre": ("甘肃省社会治理中心", "甘肃省社会治理中心建设的公开材料")}),
    "dawa": Plan("211104", "county", frozenset(), ("211104",), {}),
    "golmud": Plan("632801", "county", frozenset(), ("632801",), {}),
    "yizheng": Plan(
        "321081", "county", frozenset({"heating"}), ("321081",),
        {"321081-centre": ("仪征市社会治理现代化综合指挥中心", "仪征市社会治理现代化综合指挥中心的公开材料")},
    ),
}  # fmt: skip


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(pack: str, section: str) -> Iterator[dict[str, str]]:
    for path in [PACKS / pack / f"{section}.csv", *sorted((PACKS / pack / section).glob("*.csv"))]:
        if path.exists():
            yield from read(path)


def places(pack: str) -> list[Place]:
    found: dict[str, Place] = {}
    for row in rows_of(pack, "divisions"):
        code = row["code"]
        level = row.get("level") or next(
            name
            for name, above in (("village", 9), ("township", 6), ("county", 4), ("city", 2), ("province", 0))
            if code[above : DIGITS[name]].strip("0")
        )
        if level == "village":
            continue
        parent = row.get("parent") or ("" if level == "province" else code[: DIGITS[ABOVE[level]]].ljust(12, "0"))
        found[code] = Place(code, row["name"], level, parent, row.get("kind") == "functional")
    return list(found.values())


def name_of(department: dict[str, Any], place: Place, plan: Plan) -> str:
    """The body's full name in this place; blank when the place has none."""
    names = department["zh"]
    if department["key"] == "government":
        if place.functional or (place.level == "township" and not place.name.endswith(("镇", "乡", "街道"))):
            return f"{place.name}管理委员会"
        if place.name.endswith("街道"):
            return f"{place.name}{names['subdistrict']}"
        return f"{place.name}{names[place.level]}"
    if place.level == "county" and place.name.endswith("区") and "district" in names:
        return f"{place.name}{names['district']}"
    if place.level in names:
        return f"{place.name}{names[place.level]}"
    # A county that stands alone in its pack has its own branch of what else is the city's.
    return f"{place.name}{names['city']}" if plan.top == "county" == place.level and "city" in names else ""


def units_of(pack: str, plan: Plan, departments: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    known = {place.code: place for place in places(pack)}
    chosen = [place for place in known.values() if place.code.startswith(plan.root)]
    seated = {
        place.code
        for place in chosen
        if not (place.level == "county" and place.parent in known and known[place.parent].name == place.name)
    }
    for place in sorted(chosen, key=lambda one: (DIGITS[one.level], one.code)):
        if place.code not in seated:
            continue
        for department in departments:
            key = department["key"]
            few = place.level == "township" or place.functional
            if key in plan.without or (few and key not in {"government", "centre"}):
                continue
            if plan.top == "province" and place.level == "county" and key not in CORE:
                continue
            code = f"{place.prefix}-{key}"
            name, source = plan.named.get(code, ("", ""))
            name = name or name_of(department, place, plan)
            if not name:
                continue
            if key == "government":
                above, source = place.parent, source or CODES
                while above in known and above not in seated and above.startswith(plan.root):
                    above = known[above].parent
                parent = f"{known[above].prefix}-government" if above in seated else ""
            else:
                parent = f"{place.prefix}-government"
            posts = POSTS.get(key, {})
            yield {
                "code": code,
                "name": name,
                "short_name": place.name + ("" if few and key == "government" else department["short"]),
                "kind": department["kind"],
                "level": place.level,
                "division": place.code,
                "department": key,
                "parent": parent,
                "posts": posts.get(place.level, posts.get("", "head|handler")),
                "source": source,
                "provenance": "document" if source else "demo",
            }  # fmt: skip


def workers_of(pack: str, plan: Plan, units: set[str]) -> Iterator[dict[str, str]]:
    """One post a grid, in the township's government; the phone is the grid's."""
    for row in rows_of(pack, "grids"):
        unit = f"{row['code'][:9]}-government"
        if row["code"][:6] in plan.workers and unit in units:
            yield {
                "unit": unit,
                "key": f"grid-{row['code'][9:]}",
                "name": f"网格员（{row['name']}）",
                "roles": "grid_worker",
                "grid": row["code"],
                "phone": row.get("phone", ""),
            }


def portfolio_of(pack: str, plan: Plan, units: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Each first-level item: the department that leads most of its kinds, and the deputy who has that department in charge."""
    leads: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows_of(pack, "catalogue"):
        if row.get("lead") and not row["lead"].startswith("@"):
            leads[row["code"][:2]][row["lead"].partition("-")[2] or row["lead"]] += 1
    codes = {row["code"] for row in units}
    for row in units:
        if row["department"] != "government" or row["level"] not in {"province", "city", "county"}:
            continue
        prefix = row["code"].partition("-")[0]
        if f"{prefix}-political_legal" not in codes:
            continue
        if f"{prefix}-centre" in codes:
            # What belongs to no item, the place's figures and their warnings among it.
            yield {
                "item": "",
                "division": row["division"],
                "leader_unit": row["code"],
                "leader": "deputy_law",
                "unit": f"{prefix}-centre",
                "provenance": "demo",
            }
        for item in sorted(leads):
            key = next((k for k, _n in leads[item].most_common() if f"{prefix}-{k}" in codes), "")
            if key:
                yield {
                    "item": item,
                    "division": row["division"],
                    "leader_unit": row["code"],
                    "leader": LEADER_OF.get(key, "deputy_economy"),
                    "unit": f"{prefix}-{key}",
                    "provenance": "demo",
                }


def write(path: Path, rows: list[dict[str, str]]) -> None:
    if not rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    departments = yaml.safe_load((PACKS / "departments.yaml").read_text(encoding="utf-8"))["departments"]
    for pack, plan in PLANS.items():
        units = list(units_of(pack, plan, departments))
        by_city: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in units:
            by_city[row["division"][:4]].append(row)
        for city, rows in by_city.items():
            write(PACKS / pack / "units" / f"{city}.csv", rows)
        workers = list(workers_of(pack, plan, {row["code"] for row in units}))
        write(PACKS / pack / "posts" / f"{plan.root[:4]}.csv", workers)
        portfolio = list(portfolio_of(pack, plan, units))
        write(PACKS / pack / "portfolio.csv", portfolio)
        print(f"{pack}: {len(units)} units, {len(workers)} grid workers, {len(portfolio)} portfolio rows")


if __name__ == "__main__":
    main()
