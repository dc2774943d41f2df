from django.urls import path

from huying.analytics import pages

desk = [
    path("report/", pages.start, name="analytics_report"),
    path("report/<str:division>/<str:period>/", pages.show, name="analytics_show"),
    path("report/<str:division>/<str:period>/report.xlsx", pages.download, name="analytics_xlsx"),
]
