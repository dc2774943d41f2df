"""What was tried of each number of matters, kept for the page of methods."""

from __future__ import annotations

from huying.domains.warnings.models import Forecastable
from huying.domains.warnings.services.findings import Tried


def keep_tried(tried: list[Tried]) -> None:
    """What was tried replaces what was known of each number."""
    Forecastable.objects.everything("replaced each night").delete()
    Forecastable.objects.bulk_create(
        Forecastable(
            division=one.node.code,
            place=one.node.name,
            indicator=one.indicator,
            ends=one.ends,
            carried=one.carried,
            trusted=one.backtest.trusted,
            name_zh=one.name.zh if one.name else "",
            name_en=one.name.en if one.name else "",
            hidden=one.hidden,
            value=None if one.hidden else one.value,
            expected=one.forecast.expected if one.forecast else None,
            low=one.forecast.low if one.forecast else None,
            high=one.forecast.high if one.forecast else None,
            windows=one.backtest.windows,
            inside=one.backtest.inside,
            signals=one.backtest.signals,
            judged=one.backtest.judged,
            hits=one.backtest.hits,
            confidence=one.confidence,
        )
        for one in tried
    )
