from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "huying.web.wall"
    label = "web_wall"
