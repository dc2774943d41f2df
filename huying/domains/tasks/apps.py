from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "huying.domains.tasks"
    label = "tasks"

    def ready(self) -> None:
        from django.urls import reverse

        from huying.domains.tasks import queries, services
        from huying.domains.tasks.vocabulary import KIND, QUEUE
        from huying.domains.tasks.workflow import DOERS
        from huying.kernel import clocks, subjects, worklist
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        subjects.register(
            subjects.Subject(
                kind=KIND,
                words=words("任务", "task"),
                page_url=lambda pk: reverse("tasks_page", args=[pk]),
                visible=queries.visible_ids,
                titles=queries.titles,
            )
        )
        worklist.queue(QUEUE, words("任务", "tasks"), DOERS, 35)
        clocks.on_turn(KIND, services.turn_cards)
        clocks.on_retime(services.follow_clocks)
        nav.register(
            nav.Entry(shell="desk", url="tasks_list", words=words("任务", "Tasks"), roles=DOERS, group="work", order=60)
        )
