"""Queries that fail closed: rows of a scoped model are read only after saying for whom, or why for nobody in particular."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar

from django.db import models

from huying.kernel.actors import Actor
from huying.kernel.errors import Unscoped

M = TypeVar("M", bound=models.Model)
GUARDED = (
    "iterator",
    "count",
    "exists",
    "aggregate",
    "update",
    "delete",
    "explain",
    "contains",
    "bulk_update",
    "in_bulk",
)


class ScopedQuerySet(models.QuerySet[M]):
    """A query set that raises `Unscoped` unless `visible_to(actor)` or `everything(reason)` came first.

    A subclass says what an actor sees in `scope(actor)`, returning a `Q`.
    """

    _scope_named = False

    def scope(self, actor: Actor) -> models.Q:
        raise NotImplementedError

    def visible_to(self, actor: Actor) -> Self:
        named = self.filter(self.scope(actor))
        named._scope_named = True
        return named

    def everything(self, reason: str) -> Self:
        """All rows, for code that serves no one reader: a job, a service that has already checked, an export by law."""
        if not reason:
            raise Unscoped("everything() takes the reason why no scope applies")
        named = self.all()
        named._scope_named = True
        return named

    def _clone(self) -> Self:
        copy: Self = super()._clone()  # type: ignore[misc]
        copy._scope_named = self._scope_named
        return copy

    def _require_scope(self) -> None:
        if not self._scope_named:
            raise Unscoped(f"{self.model.__name__} read without visible_to(actor) or everything(reason)")

    def _fetch_all(self) -> None:
        self._require_scope()
        super()._fetch_all()


def _guarded(name: str) -> Callable[..., Any]:
    original = getattr(models.QuerySet, name)

    def method(self: ScopedQuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        self._require_scope()
        return original(self, *args, **kwargs)

    method.__name__, method.__doc__ = name, original.__doc__
    return method


for _name in GUARDED:
    setattr(ScopedQuerySet, _name, _guarded(_name))


class ScopedModel(models.Model):
    """Base of every model whose rows not everyone may see. Give `objects = YourQuerySet.as_manager()`."""

    class Meta:
        abstract = True


def require_scope_everywhere() -> Iterator[type[models.Model]]:
    """Every concrete model that inherits `ScopedModel` but whose manager does not fail closed; a test wants none."""
    from django.apps import apps

    for model in apps.get_models():
        if issubclass(model, ScopedModel) and not isinstance(model._default_manager.all(), ScopedQuerySet):
            yield model
