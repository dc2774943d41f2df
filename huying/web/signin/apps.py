from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "huying.web.signin"
    label = "web_signin"
