from django.urls import path

from huying.analytics import defined_pages, definition_pages, pages
from huying.analytics.bench import pages as bench

desk = [
    path("report/", pages.start, name="analytics_report"),
    path("report/indicators/", definition_pages.listed, name="analytics_definitions"),
    path("report/indicators/new/", definition_pages.edit, name="analytics_definition_new"),
    path("report/indicators/new/check/", definition_pages.check, name="analytics_definition_check_new"),
    path("report/indicators/<slug:code>/edit/", definition_pages.edit, name="analytics_definition_edit"),
    path("report/indicators/<slug:code>/check/", definition_pages.check, name="analytics_definition_check"),
    path("report/indicators/<slug:code>/publish/", definition_pages.publish, name="analytics_definition_publish"),
    path("report/indicators/<slug:code>/discard/", definition_pages.discard, name="analytics_definition_discard"),
    path("report/indicators/<slug:code>/withdraw/", definition_pages.withdraw, name="analytics_definition_withdraw"),
    path("report/definition/<slug:code>/", definition_pages.shown, name="analytics_definition"),
    path("report/changes/", defined_pages.later, name="analytics_later"),
    path("report/<str:division>/<str:period>/", pages.show, name="analytics_show"),
    path(
        "report/<str:division>/<str:period>/delivered/<str:code>/", defined_pages.delivered, name="analytics_delivered"
    ),
    path("report/<str:division>/<str:period>/report.xlsx", pages.download, name="analytics_xlsx"),
    path("bench/", bench.show, name="bench_show"),
    path("bench/take/<slug:format>", bench.take, name="bench_take"),
    path("bench/keep", bench.keep, name="bench_keep"),
    path("bench/drop/<int:pk>", bench.drop, name="bench_drop"),
    path("bench/sql", bench.sql, name="bench_sql"),
]
