from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "huying.domains.rulebook"
    label = "rulebook"

    def ready(self) -> None:
        from huying.domains.rulebook import queries
        from huying.kernel import clocks

        clocks.set_calendar_source(queries.calendar)
