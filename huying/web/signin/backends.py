"""Who may sign in: active accounts; a demo's accounts only on the embedded database, never on a production one."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from huying.domains.organizations.services import may_sign_in


class StaffBackend(ModelBackend):
    """Name and password. Also asked on every request, so that a closed account's sessions end at once."""

    def user_can_authenticate(self, user: object) -> bool:
        return may_sign_in(user, production=bool(settings.HUYING_DATABASE_URL))
