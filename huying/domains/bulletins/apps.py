from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "huying.domains.bulletins"
    label = "bulletins"

    def ready(self) -> None:
        from huying.domains.bulletins.workflow import READERS
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        nav.register(
            nav.Entry(
                shell="desk",
                url="bulletins_list",
                words=words("平安报表", "Periodic reports"),
                roles=READERS,
                group="look",
                order=12,
            )
        )
