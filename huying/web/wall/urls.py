from django.urls import path

from huying.web.wall import views

wall = [path("", views.home, name="wall_home"), path("figures", views.figures, name="wall_figures")]
