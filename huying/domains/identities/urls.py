from django.urls import path, re_path

from huying.domains.identities import pages

desk = [
    path("identities/decisions/", pages.decisions, name="identities_decisions"),
    path("identities/decisions/request/<int:request_id>/", pages.decide, name="identities_decide"),
    path("identities/decisions/review/<int:review_id>/", pages.review, name="identities_review"),
    path("identities/<str:kind>/<int:record_id>/", pages.people, name="identities_people"),
    re_path(
        r"^identities/(?P<kind>[\w.-]+)/(?P<record_id>\d+)/(?P<verb>reveal|ask|relay|callback|break|rotate)/$",
        pages.act,
        name="identities_act",
    ),
]
