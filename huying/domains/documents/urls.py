from django.urls import path

from huying.domains.documents import pages

desk = [
    path("retention", pages.retention, name="documents_retention"),
    path("documents/file/<int:document_id>/", pages.download, name="documents_download"),
    path("documents/<str:kind>/<int:record_id>/", pages.files, name="documents_files"),
]
