from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "huying.domains.notices"
    label = "notices"

    def ready(self) -> None:
        from huying.domains.notices.permissions import OUTBOX
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        nav.register(
            nav.Entry(shell="desk", url="notices_outbox", words=words("发件箱", "Outbox"), roles=OUTBOX, group="admin")
        )
