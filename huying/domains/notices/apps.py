from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "huying.domains.notices"
    label = "notices"
