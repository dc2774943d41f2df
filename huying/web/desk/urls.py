from django.urls import path
from django.views.i18n import set_language

from huying.web.desk import preferences

site = [
    path("preferences", preferences.choose, name="web_preference"),
    path("language", set_language, name="set_language"),
]
