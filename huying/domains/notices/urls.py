from django.urls import path

from huying.domains.notices import pages

desk = [
    path("notices/", pages.mine, name="notices_mine"),
    path("notices/bell", pages.bell, name="notices_bell"),
    path("notices/read", pages.read, name="notices_read"),
    path("notices/outbox", pages.outbox, name="notices_outbox"),
    path("notices/outbox/retry", pages.retry, name="notices_retry"),
]
