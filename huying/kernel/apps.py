from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "huying.kernel"
    label = "kernel"

    def ready(self) -> None:
        from huying.kernel import logs

        logs.configure()
        logs.watch_queries()
