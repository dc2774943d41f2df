"""Who may sign in: active accounts; a demo's accounts only on the embedded database, never on a production one."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend

from huying.domains.organizations.services import may_sign_in
from huying.kernel import prepared


class StaffBackend(ModelBackend):
    """Name and password. Also asked on every request, so that a closed account's sessions end at once."""

    def user_can_authenticate(self, user: object) -> bool:
        return may_sign_in(user, production=bool(settings.HUYING_DATABASE_URL))

    def get_user(self, user_id: int) -> Any:
        """Asked on every request."""
        accounts = get_user_model()._default_manager
        found = prepared.rows("account", lambda pk: accounts.filter(pk=pk), int(user_id))
        return found[0] if found and self.user_can_authenticate(found[0]) else None
