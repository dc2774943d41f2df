from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "huying.domains.documents"
    label = "documents"
