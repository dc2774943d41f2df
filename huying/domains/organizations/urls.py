from django.urls import path

from huying.domains.organizations import pages

desk = [
    path("units", pages.units, name="organizations_units"),
    path("units/<int:unit_id>", pages.unit, name="organizations_unit"),
    path("units/<int:unit_id>/move", pages.move, name="organizations_unit_move"),
    path("people", pages.people, name="organizations_people"),
    path("people/posts", pages.posts, name="organizations_posts"),
    path("people/<int:account_id>", pages.person, name="organizations_person"),
    path("terms", pages.terms, name="organizations_terms"),
    path("terms/<int:term_id>", pages.term, name="organizations_term"),
    path("absences", pages.absences, name="organizations_absences"),
    path("absences/mine", pages.mine, name="organizations_my_absences"),
    path("sessions", pages.sessions, name="organizations_sessions"),
    path("security", pages.security, name="organizations_security"),
    path("log", pages.log, name="organizations_log"),
]
