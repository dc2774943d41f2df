"""A change with consequences: its page shows first what it would do, and then carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from huying.kernel.errors import HuyingError

P = TypeVar("P")


@dataclass(frozen=True)
class Asked(Generic[P]):
    """preview: what it would do, where that was asked; answer: where to go on, once it is done; status: of the form's page."""

    preview: P | None = None
    answer: HttpResponse | None = None
    status: int = 200


def asked(
    request: HttpRequest,
    form: BaseForm,
    *,
    foresee: Callable[[], P],
    carry_out: Callable[[], HttpResponse],
    field: str | None = None,
) -> Asked[P]:
    """POST with step=preview: what `foresee` says; with step=do: the answer of `carry_out`.

    A refusal stands at `field` of the form, or above it (422). What isn't there or isn't one's own (404, 403) is raised.
    """
    if request.method != "POST":
        return Asked()
    if form.is_valid():
        try:
            if request.POST.get("step") == "do":
                return Asked(answer=carry_out())
            return Asked(preview=foresee())
        except HuyingError as error:
            if error.status in (403, 404):
                raise
            form.add_error(field, error.one_line())
    return Asked(status=422)
