from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "huying.analytics"
    label = "analytics"

    def ready(self) -> None:
        from huying.kernel.actors import BUSINESS, Role
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        nav.register(
            nav.Entry(
                shell="desk",
                url="analytics_report",
                words=words("报表", "Report"),
                roles=BUSINESS,
                group="look",
                order=10,
            )
        )
        nav.register(
            nav.Entry(
                shell="desk",
                url="bench_show",
                words=words("分析台", "Bench"),
                roles=frozenset({Role.ANALYST, Role.SUPERVISOR, Role.LEADER}),
                group="look",
                order=11,
            )
        )
