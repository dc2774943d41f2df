"""Issuing a printed form of a matter: what will stand on it, what the issuer adds, and those issued before."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huying.domains.documents import queries as documents
from huying.domains.documents.vocabulary import FORM_WORDS, Form
from huying.domains.matters.models import Matter
from huying.domains.matters.pages import reading
from huying.domains.matters.services import printing
from huying.kernel import clock
from huying.kernel.errors import NotFound
from huying.kernel.pages import actor_of, staff

LABELS = {
    "unit": gettext_lazy("承办单位"),
    "supporters": gettext_lazy("协办单位"),
    "category": gettext_lazy("类别"),
    "place": gettext_lazy("地点"),
    "content": gettext_lazy("反映的内容"),
    "findings": gettext_lazy("核查情况"),
    "limit": gettext_lazy("办理时限"),
    "due": gettext_lazy("截止时间"),
    "state": gettext_lazy("现在的情况"),
    "grounds": gettext_lazy("派单依据"),
    "basis": gettext_lazy("依据"),
    "confidentiality": gettext_lazy("保密级别"),
    "appeal": gettext_lazy("救济途径"),
    "issuer": gettext_lazy("署名"),
}
NOTICES = (Form.URGING, Form.SUPERVISION)


class SaidForm(forms.Form):
    """What the issuer adds to what the records know. What stands in a field at first goes on paper, so is Chinese."""

    def __init__(self, form: Form, matter: Matter, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        long = forms.Textarea(attrs={"rows": 3})
        if form is Form.REPLY:
            self.fields["handling"] = forms.CharField(
                label=_("处理意见"), widget=long, max_length=2000, initial="已按上述情况办理。"
            )
        if form in NOTICES:
            demand = "请抓紧办理，按时答复。" if form is Form.URGING else "请查明原因，限期办结，书面反馈。"
            self.fields["demand"] = forms.CharField(label=_("要求"), widget=long, max_length=1000, initial=demand)
            self.fields["answer_by"] = forms.DateField(
                label=_("哪天以前反馈"),
                widget=forms.DateInput(attrs={"type": "date"}),
                initial=(clock.today() + timedelta(days=3)).isoformat(),
            )

    def clean_answer_by(self) -> date:
        day: date = self.cleaned_data["answer_by"]
        if day < clock.today():
            raise forms.ValidationError(_("不能早于今天。"))
        return day

    def said(self) -> printing.Said:
        data = self.cleaned_data
        day = data.get("answer_by")
        answer_by = datetime.combine(day, time(17, 30), tzinfo=clock.ZONE) if day else None
        return printing.Said(handling=data.get("handling", ""), demand=data.get("demand", ""), answer_by=answer_by)


@require_http_methods(["GET", "POST"])
@staff()
def print_form(request: HttpRequest, matter_id: int, form: str) -> HttpResponse:
    """GET: what will be printed. POST: number it, keep it with the matter's files, and list it for download."""
    actor = actor_of(request)
    matter = reading.find(actor, matter_id)
    if form not in list(Form):
        raise NotFound(_("没有这种文书。"))
    kind = Form(form)
    asked = SaidForm(kind, matter, request.POST if request.method == "POST" else None)
    shown = printing.content(actor, matter, kind, printing.Said())
    if request.method == "POST" and asked.is_valid():
        made = printing.issue(actor=actor, matter=matter, form=kind, said=asked.said())
        issued = next(line for line in documents.documents(actor, "matter", matter.pk) if line.id == made)
        messages.success(request, _("已印制：%(number)s。") % {"number": issued.number})
        return redirect("matters_print", matter.pk, form)
    values = asdict(shown)
    context = {
        "matter": matter,
        "kind": kind,
        "words": FORM_WORDS[kind],
        "form": asked,
        "facts": [(label, _told(values[name])) for name, label in LABELS.items() if values.get(name)],
        "issued": [
            line
            for line in documents.documents(actor, "matter", matter.pk)
            if line.number and line.kind == FORM_WORDS[kind]
        ],
    }
    return render(request, "matters/print.html", context, status=422 if asked.is_bound else 200)


def _told(value: object) -> str:
    return f"{clock.local(value):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
