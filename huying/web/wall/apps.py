from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "huying.web.wall"
    label = "web_wall"

    def ready(self) -> None:
        from huying.kernel.actors import Role
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        nav.register(
            nav.Entry(
                shell="desk",
                url="wall_home",
                words=words("大屏", "Wall"),
                roles=frozenset({Role.LEADER, Role.SUPERVISOR, Role.DISPATCHER, Role.ANALYST}),
                group="look",
                order=90,
            )
        )
