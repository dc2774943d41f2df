from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "huying.domains.rulebook"
    label = "rulebook"
