from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "huying.web.desk"
    label = "web_desk"

    def ready(self) -> None:
        from huying.kernel.pages import nav
        from huying.kernel.words import words
        from huying.web.desk.views.work import work_counts

        nav.source("worklist", work_counts)
        nav.register(
            nav.Entry(shell="desk", url="desk_home", words=words("我的待办", "My work"), order=1),
        )
