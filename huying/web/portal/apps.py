from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "huying.web.portal"
    label = "web_portal"
