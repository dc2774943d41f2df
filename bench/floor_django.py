"""The same floor inside Django: what one view of raw statements costs on the framework the product stands on.

Routing, Django's session, its CSRF check, JSON in and out, one `atomic` block; the rows are those of `bench.floor`. No ORM, no
model, no middleware beyond those three. `python -m bench.floor_django --port N` serves it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from bench import serving
from bench.floor import Floor, Row

_floor: FloorInDjango | None = None


class FloorInDjango(Floor):
    """Writes through Django's own connection."""

    def cursor(self) -> Any:
        from django.db import connection

        return connection.cursor()


def application() -> Callable[..., Any]:
    """Django, configured with nothing that such a view doesn't need."""
    global _floor
    import django
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from huying.entry import settings as product

    settings.configure(
        SECRET_KEY=product.SECRET_KEY,
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {**product.DATABASES["default"], "CONN_MAX_AGE": None}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.sessions"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
    )
    django.setup()
    _floor = FloorInDjango()
    return get_wsgi_application()


def healthz(request: Any) -> Any:
    from django.http import JsonResponse

    return JsonResponse({})


def act(request: Any, number: int | None = None, step: str = "register") -> Any:
    """One of the seven calls, for whoever is signed in."""
    from django.db import transaction
    from django.http import HttpResponse, JsonResponse

    if "_auth_user_id" not in request.session:
        return HttpResponse(status=401)
    json.loads(request.body)
    assert _floor is not None
    with transaction.atomic(), _floor.cursor() as cursor:
        if number is None:
            told: Row = {"matter": {"id": _floor.register(cursor)}}
        else:
            _floor.steps[step](cursor, number)
            told = {"id": number, "state": "closed"}
    return JsonResponse(told)


def __getattr__(name: str) -> Any:
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import path

    return [
        path("healthz", healthz),
        path("api/v1/matters/", act),
        path("api/v1/matters/<int:number>/<str:step>", act),
    ]


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("--port", type=int, required=True)
    # by its own name: Django imports this module again as its ROOT_URLCONF
    from bench import floor_django

    serving.serve(asked.parse_args().port, floor_django.application)
