import pytest

from huying.kernel.search import documents as module
from huying.kernel.search import registry
from huying.kernel.words import words


@pytest.fixture
def note(monkeypatch):
    """A searchable kind that only these tests know."""
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(module, "_sampled", {})
    return registry.register("note", 32_000, words("便条", "note"))
