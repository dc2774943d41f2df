from django.urls import path

from huying.domains.warnings import pages

desk = [
    path("warnings/", pages.listing, name="warnings_list"),
    path("warnings/method", pages.method, name="warnings_method"),
    path("warnings/<int:pk>", pages.page, name="warnings_page"),
    path("warnings/<int:pk>/close", pages.close, name="warnings_close"),
]
