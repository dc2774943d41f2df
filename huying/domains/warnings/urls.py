from django.urls import path

from huying.domains.warnings import pages
from huying.domains.warnings.pages import ladder, thresholds

desk = [
    path("warnings/", pages.listing, name="warnings_list"),
    path("warnings/method", pages.method, name="warnings_method"),
    path("warnings/ladder", ladder.ladder, name="warnings_ladder"),
    path("warnings/ladder/publish", ladder.publish, name="warnings_ladder_publish"),
    path("warnings/ladder/withdraw", ladder.withdraw, name="warnings_ladder_withdraw"),
    path("warnings/thresholds", thresholds.listed, name="warnings_thresholds"),
    path("warnings/thresholds/<slug:code>", thresholds.shown, name="warnings_threshold"),
    path("warnings/thresholds/<slug:code>/publish", thresholds.publish, name="warnings_threshold_publish"),
    path("warnings/thresholds/<slug:code>/discard", thresholds.discard, name="warnings_threshold_discard"),
    path("warnings/<int:pk>", pages.page, name="warnings_page"),
    path("warnings/<int:pk>/close", pages.close, name="warnings_close"),
]
