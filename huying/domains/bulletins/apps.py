from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "huying.domains.bulletins"
    label = "bulletins"

    def ready(self) -> None:
        from huying.domains.bulletins import queries, services
        from huying.domains.bulletins.vocabulary import KIND, LOGGED_KINDS, PROBLEM_KIND, QUEUE
        from huying.domains.bulletins.workflow import APPROVERS, DRAFTERS, READERS
        from huying.kernel import subjects, worklist
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
        subjects.register(
            subjects.Subject(
                kind=KIND,
                words=LOGGED_KINDS[KIND],
                page_url=queries.report_page,
                visible=queries.reports_visible,
                titles=queries.report_titles,
            )
        )
        worklist.queue(QUEUE, words("报表待办", "reports to act on"), APPROVERS | DRAFTERS, 75)
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
