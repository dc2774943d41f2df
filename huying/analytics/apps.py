from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "huying.analytics"
    label = "analytics"
