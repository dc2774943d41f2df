from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "huying.domains.matters"
    label = "matters"

    def ready(self) -> None:
        from huying.domains.matters import registrations

        registrations.register()
