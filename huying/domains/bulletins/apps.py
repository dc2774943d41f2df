from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "huying.domains.bulletins"
    label = "bulletins"

    def ready(self) -> None:
        from huying.domains.bulletins import queries, services
        from huying.domains.bulletins.vocabulary import PROBLEM_KIND
        from huying.domains.bulletins.workflow import READERS
        from huying.kernel import subjects
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        subjects.register(
            subjects.Subject(
                kind=PROBLEM_KIND,
                words=words("报表问题", "report problem"),
                page_url=queries.problem_page,
                visible=queries.problems_visible,
                titles=queries.problem_titles,
                on_task_closed=services.problem_task_closed,
            )
        )
        nav.register(
            nav.Entry(
                shell="desk",
                url="bulletins_list",
                words=words("平安报表", "Periodic reports"),
                roles=READERS,
                group="look",
                order=12,
            )
        )
