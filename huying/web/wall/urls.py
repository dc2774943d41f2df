from django.urls import path

from huying.web.wall import views

wall = [
    path("", views.home, name="wall_home"),
    path("phone", views.phone, name="wall_phone"),
    path("events", views.events, name="wall_events"),
]
