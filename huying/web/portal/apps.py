from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "huying.web.portal"
    label = "web_portal"

    def ready(self) -> None:
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        nav.register(nav.Entry(shell="portal", url="portal_home", words=words("首页", "Home"), order=1))
