from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "huying.domains.rulebook"
    label = "rulebook"

    def ready(self) -> None:
        from huying.domains.rulebook import queries
        from huying.kernel import clocks
        from huying.kernel.actors import ADMINISTRATORS, Role
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        clocks.set_calendar_source(queries.calendar)
        business = frozenset(Role) - ADMINISTRATORS
        desk = [
            ("rulebook_catalogue", words("派单目录", "Catalogue")),
            ("rulebook_limits", words("时限", "Limits")),
            ("rulebook_parameters", words("参数", "Parameters")),
            ("rulebook_years", words("工作日历", "Calendar")),
            ("rulebook_lists", words("准入与履职清单", "Lists of duties")),
        ]
        nav.register(
            *(
                nav.Entry(shell="desk", url=url, words=said, group="manage", order=20 + n, roles=business)
                for n, (url, said) in enumerate(desk)
            ),
            nav.Entry(
                shell="portal",
                url="rulebook_public_lists",
                words=words("网格和乡镇管什么", "What grids and townships do"),
                group="look",
            ),
        )
