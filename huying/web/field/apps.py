from django.apps import AppConfig


class FieldConfig(AppConfig):
    name = "huying.web.field"
    label = "web_field"
