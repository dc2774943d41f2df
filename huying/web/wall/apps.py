from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "huying.web.wall"
    label = "web_wall"

    def ready(self) -> None:
        from huying.kernel.actors import Role
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        watchers = frozenset({Role.LEADER, Role.SUPERVISOR, Role.DISPATCHER, Role.ANALYST})
        for url, named, order in (
            ("wall_home", words("大屏", "Wall"), 90),
            ("wall_phone", words("手机看板", "On the phone"), 91),
        ):
            nav.register(nav.Entry(shell="desk", url=url, words=named, roles=watchers, group="look", order=order))
