from django.urls import path

from huying.web.portal import views

portal = [path("", views.home, name="portal_home")]
