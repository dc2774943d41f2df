from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "huying.domains.territory"
    label = "territory"

    def ready(self) -> None:
        from huying.domains.territory.permissions import KEEPERS
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        nav.register(
            nav.Entry(
                shell="desk",
                url="territory_tree",
                words=words("区划与网格", "Divisions and grids"),
                group="look",
                order=80,
            ),
            nav.Entry(
                shell="desk",
                url="territory_hygiene",
                words=words("区划检查", "Territory check"),
                roles=KEEPERS,
                group="manage",
                order=80,
            ),
        )
