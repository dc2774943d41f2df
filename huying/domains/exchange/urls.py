from django.urls import path

from huying.domains.exchange import pages

desk = [
    path("exchange/", pages.listing, name="exchange_list"),
    path("exchange/keys", pages.keys, name="exchange_keys"),
    path("exchange/keys/<int:pk>/revoke", pages.revoke, name="exchange_key_revoke"),
    path("exchange/keys/<int:pk>/bind", pages.bind, name="exchange_key_bind"),
    path("exchange/keys/<int:pk>/rotate", pages.rotate, name="exchange_key_rotate"),
    path("exchange/missing", pages.missing, name="exchange_missing"),
    path("exchange/reminders/<int:pk>", pages.reminder, name="exchange_reminder"),
    path("exchange/reports/<int:pk>", pages.report, name="exchange_report"),
    path("exchange/reports/<int:pk>/reopen", pages.reopen, name="exchange_reopen"),
    path("exchange/uploads/<str:token>", pages.uploaded, name="exchange_uploaded"),
    path("exchange/uploads/<str:token>/confirm", pages.confirm, name="exchange_confirm"),
    path("exchange/uploads/<str:token>/rejects", pages.rejects, name="exchange_rejects"),
    path("exchange/datasets/<slug:code>", pages.dataset, name="exchange_dataset"),
    path("exchange/datasets/<slug:code>/deliver", pages.deliver, name="exchange_deliver"),
    path("exchange/datasets/<slug:code>/template", pages.template, name="exchange_template"),
    path("exchange/datasets/<slug:code>/upload", pages.upload, name="exchange_upload"),
]
