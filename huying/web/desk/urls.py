from django.urls import path
from django.views.i18n import set_language

from huying.web.desk.views import preferences, work

site = [
    path("preferences", preferences.choose, name="web_preference"),
    path("language", set_language, name="set_language"),
]
desk = [
    path("", work.home, name="desk_home"),
    path("work/export", work.export, name="desk_work_export"),
    path("work/filters", work.save_filter, name="desk_filter_save"),
    path("work/filters/<int:filter_id>/delete", work.delete_filter, name="desk_filter_delete"),
    path("editing/<slug:kind>/<int:record_id>", work.editing_beat, name="desk_editing"),
]
