from django.apps import AppConfig


class WarningsConfig(AppConfig):
    name = "huying.domains.warnings"
    label = "warnings"

    def ready(self) -> None:
        from django.urls import reverse

        from huying.domains.warnings import queries, services
        from huying.domains.warnings.vocabulary import KIND
        from huying.kernel import subjects
        from huying.kernel.actors import BUSINESS
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        subjects.register(
            subjects.Subject(
                kind=KIND,
                words=words("预警", "warning"),
                page_url=lambda pk: reverse("warnings_page", args=[pk]),
                visible=queries.visible_ids,
                titles=queries.titles,
                on_task_closed=services.task_closed,
            )
        )
        nav.register(
            nav.Entry(
                shell="desk",
                url="warnings_list",
                words=words("预警", "Warnings"),
                roles=BUSINESS,
                group="look",
                order=15,
            )
        )
