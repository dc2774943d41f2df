from django.urls import path

from huying.domains.tasks import pages

desk = [
    path("tasks/", pages.listing, name="tasks_list"),
    path("tasks/new", pages.new, name="tasks_new"),
    path("tasks/<int:pk>", pages.page, name="tasks_page"),
    path("tasks/<int:pk>/<slug:action>", pages.act, name="tasks_act"),
    path("tasks/of/<slug:kind>/<int:pk>", pages.of_subject, name="tasks_of"),
]
