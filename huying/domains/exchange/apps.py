from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "huying.domains.exchange"
    label = "exchange"

    def ready(self) -> None:
        pass
