from django.apps import AppConfig


class FieldConfig(AppConfig):
    name = "huying.web.field"
    label = "web_field"

    def ready(self) -> None:
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        nav.register(
            nav.Entry(shell="field", url="field_home", words=words("任务", "Tasks"), order=1, icon="tasks"),
            nav.Entry(shell="field", url="field_map", words=words("地图", "Map"), order=2, icon="map"),
            nav.Entry(shell="field", url="field_me", words=words("我的", "Mine"), order=4, icon="me"),
        )
