import pytest

from huying.kernel import crypto


@pytest.fixture
def ring(tmp_path):
    """An installation's own, empty keyring."""
    with crypto.use_directory(tmp_path / "keys") as ring:
        yield ring


@pytest.fixture(params=["aes", "sm"])
def suite(request, settings, ring):
    settings.HUYING_CRYPTO = request.param
    return request.param
