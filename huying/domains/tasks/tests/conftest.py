import pytest

from huying.domains.organizations import queries as organizations
from huying.domains.tasks.tests.made import County


@pytest.fixture
def county(db, clock) -> County:
    organizations.forget()
    return County()
