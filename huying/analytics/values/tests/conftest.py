import pytest

from huying.analytics import published, sources

from .made import Place


@pytest.fixture
def place(tmp_path, monkeypatch, db):
    made = Place(tmp_path / "lake")
    monkeypatch.setattr(published, "folder", lambda: made.home)
    monkeypatch.setattr(sources, "_providers", {"dataset": made.feed})
    return made
