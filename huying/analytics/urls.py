from django.urls import path

<<<<<<< HEAD
from huying.analytics import pages
from huying.analytics.bench import pages as bench
=======
from huying.analytics import defined_pages, pages
>>>>>>> 01719ed (report: a place's own indicators beside the counted ones, their deliveries, what changed after the fact)

desk = [
    path("report/", pages.start, name="analytics_report"),
    path("report/<str:division>/<str:period>/", pages.show, name="analytics_show"),
    path("report/changes/", defined_pages.later, name="analytics_later"),
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
