from django.urls import path

from huying.domains.bulletins import pages

desk = [
    path("bulletins/", pages.listing, name="bulletins_list"),
    path("bulletins/start", pages.start, name="bulletins_start"),
    path("bulletins/<int:bulletin_id>", pages.show, name="bulletins_page"),
    path("bulletins/<int:bulletin_id>/<int:edition>", pages.show_edition, name="bulletins_edition"),
    path("bulletins/<int:bulletin_id>/<slug:action>", pages.act, name="bulletins_act"),
    path("bulletins/<int:bulletin_id>/<int:edition>/<slug:format>", pages.download, name="bulletins_file"),
]
