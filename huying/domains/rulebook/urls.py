from django.urls import path

from huying.domains.rulebook import pages

desk = [
    path("rulebook/limits/", pages.limits, name="rulebook_limits"),
    path("rulebook/limits/explain", pages.explain, name="rulebook_explain"),
    path("rulebook/limits/publish", pages.publish_limit, name="rulebook_limit_publish"),
    path("rulebook/limits/withdraw", pages.withdraw_limit, name="rulebook_limit_withdraw"),
    path("rulebook/limits/<str:key>/", pages.limit, name="rulebook_limit"),
    path("rulebook/parameters/", pages.parameters, name="rulebook_parameters"),
    path("rulebook/parameters/publish", pages.publish_parameter, name="rulebook_parameter_publish"),
    path("rulebook/parameters/withdraw", pages.withdraw_parameter, name="rulebook_parameter_withdraw"),
    path("rulebook/parameters/<str:key>/", pages.parameter, name="rulebook_parameter"),
    path("rulebook/calendar/", pages.years, name="rulebook_years"),
    path("rulebook/calendar/<int:year>/", pages.year, name="rulebook_year"),
    path("rulebook/calendar/<int:year>/publish", pages.publish_year, name="rulebook_year_publish"),
    path("rulebook/catalogue/", pages.catalogue, name="rulebook_catalogue"),
    path("rulebook/catalogue/draft", pages.draft_catalogue, name="rulebook_catalogue_draft"),
    path("rulebook/catalogue/check", pages.check_catalogue, name="rulebook_catalogue_check"),
    path("rulebook/catalogue/what-if", pages.what_if, name="rulebook_catalogue_what_if"),
    path("rulebook/catalogue/publish", pages.publish_catalogue, name="rulebook_catalogue_publish"),
    path("rulebook/catalogue/<int:catalogue_id>/row", pages.edit_route, name="rulebook_route"),
    path("rulebook/lists/", pages.lists, name="rulebook_lists"),
    path("rulebook/lists/add", pages.add_line, name="rulebook_line_add"),
    path("rulebook/lists/publish", pages.publish_line, name="rulebook_line_publish"),
    path("rulebook/lists/withdraw", pages.withdraw_line, name="rulebook_line_withdraw"),
]
portal = [path("lists/", pages.public_lists, name="rulebook_public_lists")]
