from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "huying.domains.organizations"
    label = "organizations"
