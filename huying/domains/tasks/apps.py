from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "huying.domains.tasks"
    label = "tasks"
