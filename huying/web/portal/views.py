"""The front page: one question."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """您要反映什么？ What is typed is carried into the form; below it, the way to follow a matter."""
    return render(request, "portal/home.html")
