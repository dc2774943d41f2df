from django.apps import AppConfig


class IdentitiesConfig(AppConfig):
    name = "huying.domains.identities"
    label = "identities"
