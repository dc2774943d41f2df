"""What all settings share: no unknown key, no change after reading."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Scope = Literal["global", "per_period"]
Pair = tuple[float, float]


def used_only(part: BaseModel, when: str, *names: str) -> None:
    """Raises ValueError for a setting that the choices beside it leave without effect.

    One at its standard value passes, so that settings written out in full are read again.
    """
    for name in names:
        if getattr(part, name) != type(part).model_fields[name].get_default(call_default_factory=True):
            raise ValueError(f"`{name}` is only used {when}")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)
