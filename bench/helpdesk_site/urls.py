from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("{}", content_type="application/json")


urlpatterns = [path("healthz", healthz), path("", include("helpdesk.urls", namespace="helpdesk"))]
