from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "huying.web.desk"
    label = "web_desk"
