from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "huying.domains.matters"
    label = "matters"
