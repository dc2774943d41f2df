"""What the product does not have and will not have, looked for wherever it could be (pains-and-rights.md)."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from django import forms
from django.apps import apps
from django.test import Client

from huying.analytics.behind import behind
from huying.analytics.definitions import shipped
from huying.analytics.periods import Period
from huying.analytics.trees import Node
from huying.domains.identities import services as vault
from huying.domains.matters import services as matters
from huying.domains.matters.facts import rows as fact_rows
from huying.domains.matters.intake_files.importing import import_file
from huying.domains.matters.intake_files.profile import forbidden, match, profile, profiles
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Kind, Outcome, PetitionKind
from huying.kernel import audit, clock, facts
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import Forbidden, Refused
from huying.kernel.packs import registry
from tests.support.cast import Cast
from tests.support.needs import CHECKOUT
from tests.support.web import body_of, pages

# As whole parts of an identifier: "race" is not in "trace", "iris" not in "tiris".
NEVER_STORED = re.compile(
    r"(?:^|_)(?:ethnic\w*|nationality|race|religio\w*|faith|creed|politic\w*|party_member\w*|biometric\w*|finger_?print\w*"
    r"|face|facial\w*|iris|voice_?print\w*|gait|dna|blood_?type|id_?card|id_?number|passport|birth\w*|gender|sex)(?:_|$)"
    r"|民族|宗教|信仰|政治面貌|党员|指纹|人脸|虹膜|声纹|身份证"
)
NEVER_COUNTED = re.compile(
    r"(?:^|_)(?:steps?_(?:count|walked|today)|step_?count\w*|mileage|track(?:s|_points?)?|trajectory|points|score|credits?|clock_?ins?|check_?ins?|punch\w*"
    r"|online_(?:time|minutes|seconds)|usage_rank\w*|activity_rank\w*|leader_?board|login_count)(?:_|$)"
    r"|步数|积分|打卡|签到|在线时长|活跃度|轨迹"
)
ABOUT_A_PERSON = re.compile(r"(?:^|_)(?:person|citizen|resident|people|complainant|caller|subject_person)(?:_|$)")


def ours() -> list[Any]:
    return [m for m in apps.get_models() if m.__module__.startswith("huying.")]


def every_form() -> list[type[forms.BaseForm]]:
    for page in pages():  # importing the URLconf has imported every form that a page uses
        assert page.route is not None
    found: list[type[forms.BaseForm]] = []
    waiting: list[type[forms.BaseForm]] = [forms.BaseForm]
    while waiting:
        for sub in waiting.pop().__subclasses__():
            waiting.append(sub)
            if sub.__module__.startswith("huying."):
                found.append(sub)
    return found


def openapi_names() -> set[str]:
    described = json.loads((CHECKOUT / "docs" / "openapi.json").read_text())
    names: set[str] = set()
    for schema in described["components"]["schemas"].values():
        names |= set(schema.get("properties", {}))
    for methods in described["paths"].values():
        for operation in methods.values():
            names |= {parameter["name"] for parameter in operation.get("parameters", [])}
    return names


def pack_names() -> set[str]:
    """The fields of every section that a pack may hold."""
    return {name for section in registry.sections().values() for name in section.schema.model_fields}


def every_name() -> dict[str, str]:
    """Every name under which something could be kept or asked → where it is."""
    found = {f.name: f"{m.__name__}.{f.name}" for m in ours() for f in m._meta.get_fields()}
    found |= {name: f"form {form.__name__}" for form in every_form() for name in form.base_fields}
    found |= dict.fromkeys(openapi_names(), "openapi.json")
    found |= dict.fromkeys(pack_names(), "a pack's section")
    found |= {name: f"profile {key}" for key, one in profiles().items() for name in one.columns}
    return found


def test_the_places_looked_at_are_all_there() -> None:
    assert len(ours()) > 40
    assert len(every_form()) > 8
    assert len(openapi_names()) > 40
    assert len(pack_names()) > 30


def test_no_field_is_for_ethnicity_religion_politics_biometrics_or_a_document_of_identity() -> None:
    found = {where for name, where in every_name().items() if NEVER_STORED.search(name)}
    assert found - {"IdempotentRequest.fingerprint"} == set(), "that one is the digest of a request's text"


def test_nothing_counts_steps_points_clock_ins_online_time_or_ranks_usage() -> None:
    # A map's point and a place's coordinates are of matters; a track would be a row of them with times.
    assert {where for name, where in every_name().items() if NEVER_COUNTED.search(name)} == set()


def test_no_table_has_a_person_for_its_subject() -> None:
    """The vault's rows are keyed by record; nothing but them stands for somebody, and no two of them are one body's."""
    assert {
        m.__name__ for m in ours() if ABOUT_A_PERSON.search(re.sub(r"(?<!^)([A-Z])", r"_\1", m.__name__).lower())
    } == set()
    party = apps.get_model("identities", "Party")
    linking = {f.name for f in party._meta.get_fields() if f.is_relation and f.concrete}
    assert linking == set()
    unique = [set(c.fields) for c in party._meta.constraints if hasattr(c, "fields")]
    assert {"kind", "record_id", "part", "ordinal"} in unique


def test_every_pack_that_ships_keeps_to_it() -> None:
    for source in (CHECKOUT / "huying" / "packs").rglob("*.yaml"):
        text = source.read_text(encoding="utf-8")
        for document in yaml.safe_load_all(text):
            for name in _keys(document):
                assert not NEVER_STORED.search(name), f"{source}: {name}"
                assert not NEVER_COUNTED.search(name), f"{source}: {name}"


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {str(key) for key in value} | {name for one in value.values() for name in _keys(one)}
    if isinstance(value, list):
        return {name for one in value for name in _keys(one)}
    return set()


# Import ------------------------------------------------------------------------------------------------------------

BANNED = (
    "民族",
    "宗教信仰",
    "政治面貌",
    "是否党员",
    "指纹编号",
    "人脸照片",
    "身份证号",
    "Ethnicity",
    "Religion",
    "Political status",
    "Fingerprint",
)


@pytest.mark.parametrize("column", BANNED)
def test_an_imports_column_that_may_not_be_kept_is_known_by_its_name(column: str) -> None:
    assert forbidden(column) is not None


def test_an_import_drops_such_columns_before_storing_and_says_so(cast: Cast, tmp_path: Path) -> None:
    chosen = profile("message-board")
    header = [column.names[0] for column in chosen.columns.values()]
    at = next(place for place, name in enumerate(chosen.columns) if name == "content")
    when = next(place for place, name in enumerate(chosen.columns) if name == "at")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([*header, "民族", "宗教信仰", "政治面貌", "身份证号"])
    row = [""] * len(header)
    row[at], row[when] = "紫金街道路灯坏了三天没人修。", "2020/1/2 10:00:00"
    row[list(chosen.columns).index("title")], row[list(chosen.columns).index("source_id")] = "路灯坏了", "A1"
    sheet.append([*row, "畲族-甲乙", "佛教-甲乙", "党员-甲乙", "332501198803074567"])
    book.save(tmp_path / "rows.xlsx")
    done = import_file(
        tmp_path / "rows.xlsx",
        chosen,
        actor=Actor.system("test"),
        division="331102000000",
        rejects=tmp_path / "back.xlsx",
    )
    assert (done.read, done.accepted) == (1, 1), done
    assert set(done.dropped_columns) == {"民族", "宗教信仰", "政治面貌", "身份证号"}
    assert all(done.dropped_columns.values()), "and says what each would be"
    kept = repr(list(Matter.objects.everything("test").values()))
    assert "甲乙" not in kept
    assert "332501198803074567" not in kept
    with pytest.raises(Refused):
        match(chosen, [*header, "民族"], {"content": "民族"})


# Petitions ---------------------------------------------------------------------------------------------------------


def test_petitions_are_counted_against_no_place(cast: Cast) -> None:
    """Every indicator, computed with and without twenty late, unsolved petitions: nothing moves."""
    for _n in range(12):
        cast.register(item="0101")
    facts.discover()
    place = Node("331102000000", "331100000000", Level.COUNTY, "莲都区")
    defined = shipped()
    wanted = [
        f"{one.code}.{part}"
        for one in defined.indicators
        for part in ("numerator", "denominator")
        if getattr(one, part, None) is not None
    ]
    assert len(wanted) > 10

    def counted() -> dict[str, set[int]]:
        period = Period.parse("2026-11")
        return {f: set(behind(defined, f, place, period, clock.now()).ids.values_list("pk", flat=True)) for f in wanted}

    before = counted()
    petitions = {cast.register(kind=Kind.PETITION, item="0101").pk for _n in range(20)}
    after = counted()
    assert any(after.values()), "the indicators count something"
    assert before == after
    assert not any(ids & petitions for ids in after.values())
    flagged = {row[0] for row in fact_rows(None) if row[-1]}
    assert flagged == petitions, "the fact says what it is, so that whoever counts can leave it out"


# Whoever is refused ------------------------------------------------------------------------------------------------


def story_of(matter: Matter) -> str:
    code = vault.issue_query_codes(actor=Actor.system("test"), kind="matter", record_ids=[matter.pk])[matter.pk]
    resident = Client()
    resident.post("/follow", {"number": matter.number, "code": code})
    return resident.get("/follow/mine").content.decode()


def test_whoever_is_not_accepted_reads_the_reason_and_the_way_to_appeal(cast: Cast) -> None:
    matter = cast.register()
    cast.act(
        "dispatcher",
        matters.not_accept,
        matter,
        outcome=Outcome.OTHER_PROCEDURE,
        reason="已由法院受理，请在诉讼中提出。",
    )
    html = story_of(matter)
    assert "已由法院受理，请在诉讼中提出。" in html
    assert re.search(r"复核|申诉|异议", html), "the way to appeal"


def test_whoever_is_led_into_another_procedure_reads_why(cast: Cast) -> None:
    matter = cast.register(kind=Kind.PETITION)
    cast.act(
        "dispatcher",
        matters.refer_petition,
        matter,
        petition_kind=PetitionKind.ADMINISTRATIVE,
        reason="应当通过行政复议处理。",
    )
    html = story_of(matter)
    assert "应当通过行政复议处理。" in html
    assert re.search(r"复核|申诉|异议", html)


def test_a_post_refused_the_identity_is_told_why_and_how_to_ask(cast: Cast) -> None:
    matter = cast.register(reporter=vault.Identity(name="欧阳槿瑜", phone="13857889917"), confidentiality="name_hidden")
    with pytest.raises(Forbidden) as refused:
        vault.reveal(actor=cast["dispatcher"], kind="matter", record_id=matter.pk, purpose="核对地址")
    assert "保密级别" in refused.value.message
    assert "第二人批准" in refused.value.cure


def test_a_unit_refused_more_time_reads_the_reason_in_the_story(cast: Cast) -> None:
    matter = cast.in_hand()
    cast.act("water", matters.ask_extension, matter, amount="2 D", reason="需要调配材料。")
    cast.act("water_head", matters.refuse_extension, matter, reason="材料仓库里有，不需延期。")
    assert any("材料仓库里有" in entry.reason for entry in audit.history("matter", matter.pk))


def test_a_map_that_anyone_may_open_has_no_matters_point(cast: Cast) -> None:
    cast.register(longitude=Decimal("119.912345"), latitude=Decimal("28.456789"))
    for page in pages():
        if page.parameters or page.route.startswith(("desk/", "field/", "wall/")):
            continue
        text = body_of(Client().get(page.at({})))
        assert "119.9123" not in text, page.route
        assert "28.4567" not in text, page.route


def test_the_pages_speak_of_no_tally() -> None:
    """Templates, too, ask for no clock-in and show no points or ranks of people."""
    shown = re.compile(r"步数|积分|打卡|签到榜|在线时长|活跃度|使用率排名|轨迹")
    bad = []
    for template in (CHECKOUT / "huying").rglob("*.html"):
        found = shown.findall(template.read_text(encoding="utf-8"))
        bad += [f"{template.name}: {word}" for word in found]
    assert bad == []
