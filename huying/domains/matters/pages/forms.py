"""The forms of a matter's page: one column, only what is needed now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huying.domains.identities import services as vault
from huying.domains.matters.hints import duplicate_hints
from huying.domains.matters.models import Matter
from huying.domains.matters.pages.acts import FIELDS
from huying.domains.matters.pages.reading import Facts
from huying.domains.matters.pages.units import Choices, known_as, returned_by, suggested, unit_choices
from huying.domains.matters.vocabulary import (
    NOT_DISPATCHED,
    OPEN_STATES,
    OUTCOME_WORDS,
    PETITION_KIND_WORDS,
    SATISFIED_WORDS,
    SOLVED_WORDS,
    TRIGGER_WORDS,
    Outcome,
    PetitionKind,
    Satisfied,
    Solved,
    Trigger,
)
from huying.domains.matters.workflow import MATTER
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.kernel import clock, clocks
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.deadlines import Limit
from huying.kernel.errors import RuleMissing
from huying.kernel.pages.narrowing import NarrowingMultiple, NarrowingSelect

WAYS = [
    ("phone", gettext_lazy("电话")),
    ("visit", gettext_lazy("上门")),
    ("message", gettext_lazy("短信")),
    ("web", gettext_lazy("网络")),
]
EMPTY = [("", "—")]
OF_OBJECTIONS = ("uphold_objection", "refuse_objection", "designate")


def chosen(words: dict[Any, Any], only: Iterable[Any] | None = None) -> Choices:
    return [(value, str(said)) for value, said in words.items() if str(said) and (only is None or value in only)]


def _rule_words(key: str, matter: Matter) -> str:
    """A limit as people call it, with its length."""
    try:
        rule = rulebook.limit_rule(key, clock.today(), matter.division)
    except RuleMissing:
        return key
    return (
        _("%(what)s（%(limit)s）") % {"what": rule.words, "limit": rule.limit.words} if rule.limit else str(rule.words)
    )


class ActForm(forms.Form):
    """The form of one act; each field is made by the method of its name, when the act asks for it."""

    def __init__(self, action: str, matter: Matter, actor: Actor, facts: Facts, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.action, self.matter, self.actor, self.facts = action, matter, actor, facts
        row = next(row for row in MATTER.transitions if row.action == action)
        needed = set(row.needs)
        for name in FIELDS.get(action, row.needs):
            make: Callable[[], forms.Field] = getattr(self, f"_{name}", self._long_text)
            field = make()
            if name == "like" and not getattr(field, "choices", ()):
                continue
            field.required = (name in needed and "like" not in self.fields) or (name == "silent_unit")
            self.fields[name] = field

    @property
    def asked(self) -> str:
        """What is decided by this act, as it was asked for; "" where it decides nothing that waits."""
        if self.action in ("approve_extension", "refuse_extension") and (asks := self.facts.extension) is not None:
            return _("申请延长%(amount)s：%(reason)s") % {
                "amount": Limit.parse(asks.amount).words,
                "reason": asks.reason,
            }
        if self.action in OF_OBJECTIONS and (objects := self.facts.objection) is not None:
            return _("派单异议：%(reason)s") % {"reason": objects.reason}
        return ""

    def order(self) -> dict[str, Any]:
        """The values as the verb's order takes them."""
        values: dict[str, Any] = dict(self.cleaned_data)
        for name in ("lead_unit", "unit", "post"):
            if values.get(name):
                values[name] = int(values[name])
        for name in ("supporters", "units", "panel"):
            if name in values:
                values[name] = tuple(int(value) for value in values[name])
        if "silent_unit" in values:
            values["unit"] = int(values.pop("silent_unit"))
        values.pop("like", None)
        if values.get("into"):
            values["into"] = self._resolved_into
        for name, kind in (
            ("solved", Solved),
            ("satisfied", Satisfied),
            ("outcome", Outcome),
            ("petition_kind", PetitionKind),
            ("trigger", Trigger),
        ):
            if name in values:
                values[name] = kind(values[name]) if values[name] else None
        if "upheld" in values:
            values["upheld"] = values["upheld"] == "yes"
        if self.action in ("dispatch", "designate"):
            values["grounds"] = self.grounds()
        return values

    def grounds(self) -> tuple[str, ...]:
        """Why this unit: the catalogue's row when it is the catalogue's unit, else that a dispatcher judged."""
        routing = suggested(self.matter)
        if routing is not None and routing.lead_unit_id == int(self.cleaned_data["lead_unit"]):
            return (str(routing.grounds),)
        return (_("派单员研判指定"),)

    def clean_into(self) -> str:
        """The number typed, else of the one picked among the likely ones."""
        number = str(self.cleaned_data["into"]).strip() or str(self.cleaned_data.get("like", ""))
        if not number:
            raise forms.ValidationError(_("请选一件，或写编号。"))
        found = Matter.objects.visible_to(self.actor).filter(number=number).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(_("没有编号为 %(number)s 的事项，或不在您的职责范围内。") % {"number": number})
        self._resolved_into = int(found)
        return number

    # fields, by name
    def _long_text(self) -> forms.Field:
        return forms.CharField(label=_("内容"), widget=forms.Textarea(attrs={"rows": 4}), max_length=20_000)

    def _text(self) -> forms.Field:
        labels = {
            "reply": (_("答复内容"), _("写清核实了什么、做了什么、结果如何；反映人会看到审核通过的答复。")),
            "answer_directly": (_("答复内容"), _("反映人会看到这段话。")),
            "handle_on_the_spot": (_("怎么处置的"), ""),
            "supporter_answer": (_("协办情况"), _("主办单位据此答复。")),
            "comment": (_("补充内容"), ""),
            "answer_supervision": (_("督办反馈"), ""),
        }
        label, help_text = labels.get(self.action, (_("内容"), ""))
        return forms.CharField(
            label=label, help_text=help_text, widget=forms.Textarea(attrs={"rows": 6}), max_length=20_000
        )

    def _reason(self) -> forms.Field:
        helps = {
            "object": _("写明不属于本单位职责的依据；异议不成立的，不得再退。"),
            "return_reply": _("写明哪里没有答复清楚，承办单位会看到。"),
            "whistle": _("写明本单位单独解决不了的原因，需要部门做什么。"),
            "not_accept": _("会告知反映人，并说明救济途径。"),
            "ask_extension": _("会告知反映人。"),
        }
        return forms.CharField(
            label=_("理由"),
            help_text=helps.get(self.action, ""),
            widget=forms.Textarea(attrs={"rows": 3}),
            max_length=4000,
        )

    def _lead_unit(self) -> forms.Field:
        routing = suggested(self.matter)
        help_text = _("派单目录没有对应的条目，请研判后选择。")
        initial = ""
        if routing is not None and routing.lead_unit_id:
            initial = str(routing.lead_unit_id)
            help_text = _("建议，依据：%(grounds)s") % {"grounds": routing.grounds}
            if returned_by(self.matter, routing.lead_unit_id):
                initial, help_text = "", _("目录建议的单位提过异议，已经成立；请另选，或改正目录。")
        return forms.ChoiceField(
            label=_("主办单位"),
            choices=[*EMPTY, *unit_choices(self.matter, routing)],
            initial=initial,
            help_text=help_text,
            widget=NarrowingSelect(known_as()),
        )

    def _supporters(self) -> forms.Field:
        routing = suggested(self.matter)
        return forms.MultipleChoiceField(
            label=_("协办单位"),
            choices=unit_choices(self.matter),
            initial=[str(unit) for unit in routing.supporter_unit_ids] if routing is not None else [],
            widget=NarrowingMultiple(known_as()),
            help_text=_("可选多个，各自计时。"),
        )

    def _units(self) -> forms.Field:
        return forms.MultipleChoiceField(
            label=_("请哪些单位"),
            choices=unit_choices(self.matter, without=self.matter.lead_unit_id),
            widget=NarrowingMultiple(known_as()),
            help_text=_("可选多个；各自计时，逾期未报到会记录。"),
        )

    def _unit(self) -> forms.Field:
        return forms.ChoiceField(
            label=_("交给哪个中心派单"),
            choices=[
                *EMPTY,
                *[
                    (unit.id, unit.name)
                    for unit in organizations.all_units(clock.today())
                    if unit.department in ("centre", "hotline") and unit.id != self.actor.unit_id
                ],
            ],
        )

    def _silent_unit(self) -> forms.Field:
        names = organizations.unit_names(self.facts.silent_partners)
        return forms.ChoiceField(label=_("未反馈的单位"), choices=list(names.items()))

    def _rule_key(self) -> forms.Field:
        routing = suggested(self.matter)
        keys = {routing.rule_key} if routing is not None and routing.rule_key else set()
        return forms.ChoiceField(
            label=_("时限规则"),
            choices=[("", _("按事项类型的规则")), *[(key, _rule_words(key, self.matter)) for key in sorted(keys)]],
            initial=next(iter(keys), ""),
        )

    def _petition_kind(self) -> forms.Field:
        if self.action == "sort_petition":
            return forms.ChoiceField(
                label=_("属于哪一类"),
                choices=chosen(PETITION_KIND_WORDS, [PetitionKind.HANDLING]),
                help_text=_("只有信访工作条例第三十一条第六项在这里办理；前五项用“导入法定程序”。派单时起算60日。"),
            )
        others = [kind for kind in PetitionKind if kind is not PetitionKind.HANDLING]
        return forms.ChoiceField(
            label=_("属于哪一类"),
            choices=chosen(PETITION_KIND_WORDS, others),
            help_text=_("信访工作条例第三十一条第一至五项"),
        )

    def _outcome(self) -> forms.Field:
        return forms.ChoiceField(
            label=_("不予派单的情形"), choices=chosen(OUTCOME_WORDS, NOT_DISPATCHED), widget=forms.RadioSelect
        )

    def _suspension(self) -> forms.Field:
        rule = clocks.rules_of("matter", [self.matter.pk], self.matter.clock_slot)[self.matter.pk]
        return forms.ChoiceField(
            label=_("中止计时的情形"),
            choices=[(reason.key, str(reason.words)) for reason in rule.pauses],
            help_text=_("只有规则列明的情形可以中止。"),
        )

    def _trigger(self) -> forms.Field:
        return forms.ChoiceField(label=_("督办缘由"), choices=chosen(TRIGGER_WORDS, Trigger))

    def _amount(self) -> forms.Field:
        """Lengths within the rule's own cap, in the rule's own unit."""
        rule = clocks.rules_of("matter", [self.matter.pk], self.matter.clock_slot)[self.matter.pk]
        cap = rule.extension.cap if rule.extension is not None else None
        listed: Choices = []
        if cap is not None:
            steps = sorted({*range(1, min(cap.amount, 10) + 1), *range(15, cap.amount + 1, 5), cap.amount})
            listed = [(f"{n} {cap.unit}", str(Limit(n, cap.unit).words)) for n in steps]
        return forms.ChoiceField(
            label=_("延长多久"),
            choices=listed,
            help_text=_("规则允许最多延长 %(cap)s。") % {"cap": cap.words}
            if cap is not None
            else _("此时限依规定不能延期。"),
        )

    def _way(self) -> forms.Field:
        return forms.ChoiceField(label=_("方式"), choices=WAYS)

    def _reached(self) -> forms.Field:
        return forms.BooleanField(label=_("联系上了"), initial=True)

    def _summary(self) -> forms.Field:
        return forms.CharField(label=_("沟通情况"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)

    def _solved(self) -> forms.Field:
        return forms.ChoiceField(
            label=_("问题解决了吗"),
            choices=chosen(SOLVED_WORDS),
            widget=forms.RadioSelect,
            help_text=_("和“是否满意”分开问。"),
        )

    def _satisfied(self) -> forms.Field:
        return forms.ChoiceField(label=_("对办理满意吗"), choices=chosen(SATISFIED_WORDS), widget=forms.RadioSelect)

    def _said(self) -> forms.Field:
        return forms.CharField(label=_("反映人怎么说"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)

    def _title(self) -> forms.Field:
        return forms.CharField(label=_("标题"), max_length=120, initial=self.matter.title)

    def _content(self) -> forms.Field:
        return forms.CharField(
            label=_("内容"),
            widget=forms.Textarea(attrs={"rows": 6}),
            initial=self.matter.content,
            max_length=20_000,
            help_text=_("原来的文字留在办理记录里；更正不影响计时。"),
        )

    def _place(self) -> forms.Field:
        return forms.CharField(label=_("地点"), max_length=200, initial=self.matter.place)

    def _urgent(self) -> forms.Field:
        return forms.BooleanField(label=_("紧急"), initial=self.matter.urgent)

    def _like(self) -> forms.Field:
        """Open matters this one may repeat, each with its grounds; never by who calls."""
        hints = duplicate_hints(
            actor=self.actor,
            text=self.matter.content,
            division=self.matter.division,
            item=self.matter.item,
            place=self.matter.place,
            known=vault.known_words("matter", [self.matter.pk]).get(self.matter.pk, ()),
            exclude=self.matter.pk,
        )
        return forms.ChoiceField(
            label=_("像是同一件事的"),
            choices=[
                (hint.number, " · ".join([hint.title, hint.number, hint.place, *map(str, hint.grounds)]))
                for hint in hints
                if hint.state in OPEN_STATES
            ],
            widget=forms.RadioSelect,
        )

    def _into(self) -> forms.Field:
        return forms.CharField(
            label=_("并入哪一件（编号）"),
            max_length=40,
            help_text=_("这一件不再单独办理，随那一件答复；每位反映人仍各自得到答复。答复以前可以撤销并单。"),
        )

    def _post(self) -> forms.Field:
        columns = {level.column: getattr(self.matter, level.column) for level in Level}
        codes = {code for code in columns.values() if code}
        listed: Choices = []
        for unit in organizations.all_units(clock.today()):
            if unit.division in codes:
                listed += [
                    (post.id, f"{unit.name} · {post.name}")
                    for post in organizations.posts_of_unit(unit.id)
                    if Role.LEADER in post.roles
                ]
        return forms.ChoiceField(label=_("由哪位领导包案"), choices=[*EMPTY, *listed])

    def _panel(self) -> forms.Field:
        posts = organizations.posts_of_unit(self.actor.unit_id) if self.actor.unit_id is not None else []
        return forms.MultipleChoiceField(
            label=_("评审组成员"),
            choices=[(post.id, post.name) for post in posts],
            widget=forms.CheckboxSelectMultiple,
        )

    def _outside_member(self) -> forms.Field:
        return forms.CharField(label=_("外部成员（写单位和职务）"), max_length=80)

    def _upheld(self) -> forms.Field:
        return forms.ChoiceField(
            label=_("结论"),
            choices=[("yes", _("认定为不合理诉求")), ("no", _("不予认定"))],
            widget=forms.RadioSelect,
            help_text=_("认定后不计入考核比率；反映人可以申诉。"),
        )
