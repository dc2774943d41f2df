from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "huying.domains.territory"
    label = "territory"
