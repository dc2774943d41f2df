"""Fragment: a record's files with a form to add some; and the download."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from huying.domains.documents import queries, services
from huying.domains.documents.vocabulary import FILE_KINDS
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.pages.guards import actor_of, staff
from huying.kernel.words import listed


@staff()
@require_http_methods(["GET", "POST"])
def files(request: HttpRequest, kind: str, record_id: int) -> HttpResponse:
    """Fragment: the list; a POST adds files (all or none) and answers with the list."""
    actor = actor_of(request)
    more: dict[str, Any] = {}
    status = 200
    in_place = request.headers.get("HX-Request") == "true"
    if request.method == "POST":
        try:
            sent = request.FILES.getlist("files")
            if not sent:
                raise InvalidInput(_("没有选择文件。"))
            for file in sent:
                services.within_size(file.name or "", file.size or 0)
            new = [services.NewFile(file.name or "", file.read()) for file in sent]
            more["added"] = len(services.attach(actor=actor, kind=kind, record_id=record_id, files=new))
        except HuyingError as error:
            if error.status == 404:
                raise
            more["error"], status = error, 200 if in_place else error.status
    context = {
        "kind": kind,
        "record_id": record_id,
        "files": queries.documents(actor, kind, record_id),
        "accepts": ",".join(f".{ending}" for ending in FILE_KINDS),
        "listed": listed(FILE_KINDS),
        **more,
    }
    name = "documents/files.html" if in_place else "documents/record.html"
    return render(request, name, context, status=status)


@staff()
@require_GET
def download(request: HttpRequest, document_id: int) -> FileResponse:
    """The file as an attachment: never opened inside our pages, never guessed at by the browser."""
    opened = queries.open_document(actor_of(request), document_id)
    response = FileResponse(opened.stream, as_attachment=True, filename=opened.name, content_type=opened.media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
