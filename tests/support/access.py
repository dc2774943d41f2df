"""A world of two counties with every kind of record, and all that can be asked of it: address, method, whose record.

`scope` is whose record the address names: `own`, one that the posts of 莲都区 see (of an import: the asking account's), `other`,
one of the county beside it (of an import: another account's), `-` where the address names none.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.test import Client

from huying.domains.documents import services as documents
from huying.domains.identities import services as vault
from huying.domains.identities.vocabulary import Ground
from huying.domains.matters import services as matters
from huying.domains.matters.intake_files import uploads
from huying.domains.matters.models import Matter
from huying.domains.matters.pages.imports import IMPORTERS
from huying.domains.matters.vocabulary import Kind, Outcome
from huying.domains.matters.workflow import MATTER
from huying.domains.organizations.models import Term
from huying.domains.rulebook import queries as rules
from huying.domains.rulebook import services as rulebook
from huying.domains.rulebook.models import AdmissionEntry
from huying.domains.rulebook.queries import Item, Route
from huying.domains.rulebook.vocabulary import Part
from huying.domains.tasks import services as tasks
from huying.domains.territory import services as territory
from huying.domains.territory.models import Grid
from huying.domains.territory.vocabulary import GridKind
from huying.domains.warnings.tests.made import red_month
from huying.kernel.actors import Role
from huying.kernel.packs import Provenance
from huying.kernel.words import words
from huying.kernel.worklist import filters
from tests.support.bulletins import a_bulletin
from tests.support.cast import GRID, SETUP, SINCE, Cast
from tests.support.exchange import reported, values_at
from tests.support.web import Operation, Page, operations, pages, signed_in

WHO: dict[str, str] = {
    "anonymous": "",
    "resident": "",
    Role.CALL_TAKER: "taker",
    Role.DISPATCHER: "dispatcher",
    Role.HANDLER: "water",
    Role.UNIT_HEAD: "water_head",
    Role.FOLLOWUP_CLERK: "follower",
    Role.SUPERVISOR: "supervisor",
    Role.GRID_OFFICE: "grid_office",
    Role.GRID_WORKER: "grid_worker",
    Role.LEADER: "leader",
    Role.ANALYST: "analyst",
    Role.SYSTEM_ADMIN: "system_admin",
    Role.SECURITY_ADMIN: "security_admin",
    Role.AUDITOR: "auditor",
}
# Whose record the address names: one the county's posts see, or one of the county beside it.
SCOPED = frozenset(
    {"matter_id", "number", "record_id", "pk", "document_id", "request_id", "review_id", "filter_id", "token", "period"}
) | {"bulletin_id"}
# An address with a verb in it is asked for these; the API's operations go through every verb of the process.
VERBS = {
    "matters_act": ("action", ("dispatch", "receive", "comment", "close", "supervise")),
    "tasks_act": ("action", ("accept", "cancel")),
    "bulletins_act": ("action", ("comment", "submit", "approve", "reopen")),
    "territory_change": ("act", ("rename",)),
    "territory_grid_change": ("act", ("split",)),
    "matters_print": ("form", ("transfer", "receipt")),
    "matters_mine_act": ("action", ("comment", "withdraw")),
    "identities_act": ("verb", ("reveal", "ask", "relay", "callback", "break", "rotate")),
}
PARAMETER = "hotline.answer_seconds"
HERE = {
    "territory_grid": {"code": GRID},
    "territory_grid_change": {"code": GRID},
    "rulebook_parameter": {"key": PARAMETER},
}
POSTED: Mapping[str, Mapping[str, str]] = {
    "identities_act": {"purpose": "约定上门时间", "ground": Ground.LIFE_AT_RISK, "body": "请保持电话畅通。"},
    "signin_posts": {"post": "0"},
}


@dataclass(frozen=True)
class Ask:
    """One row of the matrix: what is asked for, how, of whose record."""

    url: str
    method: str
    scope: str
    page: Page
    verb: tuple[str, str] = ("", "")

    @property
    def key(self) -> tuple[str, str, str]:
        return self.url, self.method, self.scope


def asks() -> list[Ask]:
    """Every address and operation × method × scope there is."""
    found = []
    for page in pages():
        name, values = VERBS.get(page.name, ("", ("",)))
        for value in values:
            url = f"{page.name}.{value}" if value else page.name
            found += [
                Ask(url, method, scope, page, (name, value)) for method in page.methods for scope in _scopes(page)
            ]
    for one in operations():
        found += [Ask(f"api.{one.name}", one.method.upper(), scope, one) for scope in _scopes(one)]
    return sorted(found, key=lambda ask: ask.key)


def _scopes(page: Page) -> tuple[str, ...]:
    return ("own", "other") if SCOPED & set(page.parameters) or page.name == "territory_change" else ("-",)


def standing(cast: Cast) -> dict[str, object]:
    """What stands for each parameter of an address that names no matter's record; it is everybody's, or the county's."""
    return {
        "kind": "matter",
        "unit_id": cast.unit("331102-water"),
        "account_id": cast["water"].account_id,
        "term_id": Term.objects.get(post=cast["water"].post_id).pk,
        "division": "331102000000",
        "code": "331102000000",
        "period": "2026-10",
        "key": "hotline.ordinary",
        "year": 2026,
        "catalogue_id": 1,
        "slot": "handling",
        "bulletin_id": 1,
        "edition": 1,
        "format": "html",
        "token": "0" * 32,
        "act": "rename",
        "form": "transfer",
        "action": "comment",
        "verb": "reveal",
    }


class World:
    """Records of two counties, one matter in each state that an operation may begin from."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.imports: dict[str, str] = {}
        grid = Grid(code=GRID, village=GRID[:12], name="永晖第一网格", kind=GridKind.BASIC, provenance=Provenance.DEMO)
        grid.valid_from = SINCE
        territory.put_grids(grids=[grid], actor=SETUP)
        self.catalogue = rulebook.draft_catalogue(
            title="派单目录",
            division="331100000000",
            valid_from=date(2020, 1, 1),
            actor=SETUP,
            items=[Item("01", words("市政", "Utilities")), Item("0101", words("供水", "Water"))],
            routes=[Route("0101", "", "water", (), "hotline.ordinary", (), "")],
        )
        rulebook.publish_catalogue(catalogue_id=self.catalogue.pk, actor=SETUP)
        self.drafts = self._drafts()
        self.states = {state: make() for state, make in self._makers().items()}
        self.own = self._records("taker", "331102001001", "dispatcher", "331102-water", "water")
        self.other = self._records("city_taker", "331121100000", "other_dispatcher", "331121-housing", "other_housing")
        self.resident = self._resident()

    def _drafts(self) -> dict[str, dict[str, str]]:
        """What the forms that publish and withdraw are sent: a draft and a published row of each part, of the county."""
        area, start = "331102000000", date(2026, 12, 1)
        body = rulebook.body_of(rules.limit_rule("hotline.ordinary", date(2026, 11, 20), area))
        made: dict[str, Any] = {"key": "hotline.ordinary", "body": body, "division": area, "actor": SETUP}
        limit = rulebook.draft_limit(valid_from=start, **made)
        in_force = rulebook.draft_limit(valid_from=date(2026, 1, 1), **made)
        rulebook.publish(Part.LIMIT, [in_force.pk], actor=SETUP)
        value = {
            "key": PARAMETER,
            "value": 20,
            "words": {"zh": "热线接听", "en": "answering"},
            "unit": "s",
            "kind": "practice",
            "reference": "本区规定",
            "division": area,
            "actor": SETUP,
        }
        parameter = rulebook.draft_parameter(valid_from=start, **value)
        running = rulebook.draft_parameter(valid_from=date(2026, 1, 1), **value)
        rulebook.publish(Part.PARAMETER, [running.pk], actor=SETUP)
        lines = rulebook.add_drafts(
            Part.ADMISSION,
            [
                AdmissionEntry(
                    code=f"grid.{n}",
                    zh="巡查河道",
                    department="water",
                    basis="本区清单",
                    division=area,
                    valid_from=start,
                )
                for n in range(2)
            ],
            actor=SETUP,
        )
        rulebook.publish(Part.ADMISSION, [lines[1].pk], actor=SETUP)
        copied = rulebook.draft_catalogue(
            title="修订草稿", division=area, valid_from=start, like=self.catalogue.pk, actor=SETUP
        )
        reason = {"reason": "本区规定已调整。"}
        return {
            "rulebook_limit_publish": {"id": str(limit.pk)},
            "rulebook_limit_withdraw": {"id": str(in_force.pk), **reason},
            "rulebook_parameter_publish": {"id": str(parameter.pk)},
            "rulebook_parameter_withdraw": {"id": str(running.pk), **reason},
            "rulebook_line_publish": {"id": str(lines[0].pk), "part": "admission"},
            "rulebook_line_withdraw": {"id": str(lines[1].pk), "part": "admission", **reason},
            "rulebook_catalogue_draft": {"like": str(copied.pk)},
            "rulebook_catalogue_publish": {"catalogue": str(copied.pk)},
        }

    def _makers(self) -> dict[str, Any]:
        cast = self.cast
        where = {"division": GRID}

        def at(*steps: tuple[str, Any, dict[str, Any]]) -> Any:
            def make() -> Matter:
                matter = cast.register(**where)
                for who, verb, given in steps:
                    matter = cast.act(who, verb, matter, **given)
                return matter

            return make

        water = {"lead_unit": cast.unit("331102-water")}
        sent = ("dispatcher", matters.dispatch, water)
        held = ("water", matters.receive, {})
        told = ("water", matters.reply, {"text": "水管已修好。"})
        seen = ("supervisor", matters.approve_reply, {})
        asked = ("follower", matters.follow_up, {"solved": "yes", "satisfied": "yes"})
        return {
            "sorting": lambda: cast.register(kind=Kind.PETITION, **where),
            "registered": at(),
            "dispatched": at(sent),
            "in_hand": at(sent, held),
            "objected": at(sent, ("water", matters.object_, {"reason": "管网归供水公司。"})),
            "suspended": at(
                sent, held, ("water_head", matters.suspend, {"suspension": "appraisal", "reason": "等待鉴定结论。"})
            ),
            "replied": at(sent, held, told),
            "reviewed": at(sent, held, told, seen),
            "followed_up": at(sent, held, told, seen, asked),
            "closed": at(sent, held, told, seen, asked, ("follower", matters.close, {})),
            "merged": lambda: cast.act("dispatcher", matters.merge, cast.register(**where), into=at()().pk),
            "not_accepted": at(
                ("dispatcher", matters.not_accept, {"outcome": Outcome.OUT_OF_SCOPE, "reason": "已进入诉讼。"})
            ),
        }

    def _records(self, taker: str, division: str, dispatcher: str, unit: str, handler: str) -> dict[str, Any]:
        """A matter in hand with a reporter, a file, a task, an open request and a broken glass; and a saved filter."""
        cast = self.cast
        reporter = vault.Identity(name="欧阳槿瑜", phone="13857889917")
        where = GRID if division.startswith("331102") else division
        matter = cast.register(taker, division=where, reporter=reporter)
        matter = cast.act(dispatcher, matters.dispatch, matter, lead_unit=cast.unit(unit))
        matter = cast.act(handler, matters.receive, matter)
        of: dict[str, Any] = {"kind": "matter", "record_id": matter.pk}
        file = documents.NewFile("说明.txt", "情况说明".encode())
        (document,) = documents.attach(actor=cast[handler], files=[file], **of)
        task = tasks.create_task(
            actor=cast[dispatcher],
            row=tasks.NewTask(
                title="核对台账", unit_id=cast.unit(unit), limit="5 WD", subject_kind="matter", subject_id=matter.pk
            ),
        )
        request = vault.ask_reveal(actor=cast[dispatcher], purpose="核对反映人是否重复登记", **of)
        vault.break_glass(actor=cast[dispatcher], ground=Ground.LIFE_AT_RISK, purpose="反映人称要轻生", **of)
        from huying.domains.identities.models import BreakGlassReview

        review = BreakGlassReview.objects.everything("test").order_by("-pk").values_list("pk", flat=True)[0]
        kept = filters.save(
            actor=cast["dispatcher" if taker == "taker" else "other_dispatcher"], name="今天", query="due=today"
        )
        return {
            "matter_id": matter.pk,
            "number": matter.number,
            "record_id": matter.pk,
            "document_id": document,
            "pk": task.pk,
            "request_id": request,
            "review_id": review,
            "filter_id": kept.pk,
            "bulletin_id": a_bulletin(division[:6].ljust(12, "0")),
            "warning": red_month(division[:6].ljust(12, "0")).pk,
            "exchange": reported(cast, unit, division[:6].ljust(12, "0"), handler),
        }

    def _resident(self) -> Client:
        done = matters.register(
            actor=self.cast["taker"], channel="hotline", kind=Kind.HELP, content="路灯不亮三天了。", division=GRID
        )
        browser = Client(raise_request_exception=False)
        browser.post("/follow", {"number": done.matter.number, "code": done.query_code})
        return browser

    def client(self, who: str) -> Client:
        if who == "resident":
            return self.resident
        return signed_in(self.cast, WHO[who]) if WHO[who] else Client(raise_request_exception=False)

    def _import_of(self, who: str) -> str:
        """The token of an import that `who` has just uploaded; a fresh one each time, since its folder knows no rollback."""
        table = "诉求标题,诉求内容\n路灯,永晖社区的路灯不亮三天了。\n".encode()
        if (kept := self.imports.get(who)) is not None and (uploads.root() / kept).exists():
            shutil.rmtree(uploads.root() / kept)
        self.imports[who] = uploads.receive(self.cast[who], "诉求.csv", [table], len(table)).token
        return self.imports[who]

    def _matter_of(self, ask: Ask) -> int | None:
        """The matter in a state from which the asked verb may begin."""
        verb = ask.verb[1] if ask.page.name == "matters_act" else ask.page.name.removeprefix("matters_")
        row = next((row for row in MATTER.transitions if row.action == verb), None)
        source = next((state for state in self.states if row is not None and state in row.sources), "")
        return self.states[source].pk if source and source != "in_hand" else None

    @functools.cached_property
    def values(self) -> dict[str, object]:
        return standing(self.cast) | {"catalogue_id": self.catalogue.pk}

    def address(self, ask: Ask, who: str = "taker") -> str:
        """Where `ask` goes when `who` of the cast ("" for nobody) asks."""
        cast = self.cast
        records = dict(self.other if ask.scope == "other" else self.own)
        if ask.page.name == "tasks_of":
            records["pk"] = records["matter_id"]
        if ask.page.name.startswith("warnings_"):
            records["pk"] = records["warning"]
        verb_of_a_matter = isinstance(ask.page, Operation) or ask.page.name == "matters_act"
        if ask.scope == "own" and verb_of_a_matter and (pk := self._matter_of(ask)) is not None:
            records["matter_id"] = pk
        if ask.page.name.startswith("exchange_"):
            return ask.page.at(values_at(cast, records["exchange"], ask.page.name, who if ask.scope == "own" else ""))
        if "token" in ask.page.parameters:
            importer = bool(who) and bool(cast[who].roles & set(IMPORTERS))
            records["token"] = self._import_of("city_taker" if ask.scope == "other" else who if importer else "taker")
        here = {"division": "331121000000"} if ask.scope == "other" else {}
        if ask.page.name in HERE:
            here = HERE[ask.page.name]
        if ask.page.name == "territory_change":
            here = {"code": "331121100000" if ask.scope == "other" else "331102001000"}
        return ask.page.at(self.values | records | here | {ask.verb[0]: ask.verb[1]})

    def form(self, ask: Ask) -> dict[str, str]:
        """What a page is sent: nearly nothing, so that it says whether the asker may, not whether the form is right."""
        sent = {"version": ""} | POSTED.get(ask.page.name, {}) | self.drafts.get(ask.page.name, {})
        if ask.page.name == "matters_act":
            pk = self._matter_of(ask) or self.own["matter_id"]
            sent |= {"version": str(Matter.objects.everything("test").get(pk=pk).version)}
        return sent

    def status(self, who: str, client: Client, ask: Ask) -> int:
        """What `who` (a key of WHO) is answered; whatever was done is undone."""
        cookies = dict(client.cookies.items())
        address = self.address(ask, WHO[who])
        with transaction.atomic():
            if ask.method == "GET":
                answer = client.get(address)
            elif isinstance(ask.page, Operation):
                answer = client.post(address, "{}", content_type="application/json")
            else:
                answer = client.post(address, self.form(ask))
            if answer.streaming:
                for _part in answer.streaming_content:
                    pass
            transaction.set_rollback(True)
        client.cookies.clear()
        client.cookies.update(cookies)
        return int(answer.status_code)
