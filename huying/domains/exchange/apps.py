from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "huying.domains.exchange"
    label = "exchange"

    def ready(self) -> None:
        from django.urls import reverse

        from huying.analytics import sources
        from huying.domains.exchange import queries, services
        from huying.domains.exchange.providers import Deliveries
        from huying.domains.exchange.vocabulary import KIND, REMINDER
        from huying.domains.exchange.workflow import KEY_WATCHERS, READERS
        from huying.kernel import subjects
        from huying.kernel.actors import Role
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        sources.register(Deliveries("dataset"))
        sources.register(Deliveries("survey"))
        subjects.register(
            subjects.Subject(
                kind=KIND,
                words=words("数据报送", "report of data"),
                page_url=lambda pk: reverse("exchange_report", args=[pk]),
                visible=queries.visible_ids,
                titles=queries.titles,
                on_task_closed=services.report_task_closed,
            )
        )
        subjects.register(
            subjects.Subject(
                kind=REMINDER,
                words=words("数据报送", "data to report"),
                page_url=lambda pk: reverse("exchange_reminder", args=[pk]),
                visible=queries.reminders_visible,
                titles=queries.reminder_titles,
                on_task_closed=services.task_closed,
            )
        )
        nav.register(
            nav.Entry(
                shell="desk",
                url="exchange_list",
                words=words("数据报送", "Department data"),
                roles=READERS,
                group="work",
                order=70,
            )
        )
        nav.register(
            nav.Entry(
                shell="desk",
                url="exchange_keys",
                words=words("接口密钥", "API keys"),
                roles=KEY_WATCHERS | {Role.AUDITOR},
                group="admin",
                order=30,
            )
        )
