from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "huying.web.signin"
    label = "web_signin"

    def ready(self) -> None:
        from huying.web.signin import signals

        signals.connect()
