from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def fresh_counts(settings: Any) -> None:
    settings.HUYING_SECOND_FACTOR = "none"
    cache.clear()
