from django.urls import path

from huying.web.field import views, worker

field = [
    path("", views.home, name="field_home"),
    path("map", views.place_map, name="field_map"),
    path("me", views.me, name="field_me"),
    path("worker.js", worker.worker, name="field_worker"),
    path("manifest.webmanifest", worker.manifest, name="field_manifest"),
]
