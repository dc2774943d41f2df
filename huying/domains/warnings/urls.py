from django.urls import path

from huying.domains.warnings import pages
from huying.domains.warnings.pages import ladder

desk = [
    path("warnings/", pages.listing, name="warnings_list"),
    path("warnings/method", pages.method, name="warnings_method"),
    path("warnings/ladder", ladder.ladder, name="warnings_ladder"),
    path("warnings/ladder/publish", ladder.publish, name="warnings_ladder_publish"),
    path("warnings/ladder/withdraw", ladder.withdraw, name="warnings_ladder_withdraw"),
    path("warnings/<int:pk>", pages.page, name="warnings_page"),
    path("warnings/<int:pk>/close", pages.close, name="warnings_close"),
]
