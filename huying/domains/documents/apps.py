from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "huying.domains.documents"
    label = "documents"

    def ready(self) -> None:
        from huying.domains.documents.permissions import HOLDERS
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        nav.register(
            nav.Entry(
                shell="desk",
                url="documents_retention",
                words=words("保存期限与保全", "Retention and holds"),
                roles=HOLDERS,
                group="manage",
                order=85,
            )
        )
