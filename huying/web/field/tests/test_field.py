"""The field as a program on the phone: governed only under /field/, and counting nothing of its user."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from huying.web.field import worker

pytestmark = pytest.mark.django_db
SCRIPTS = Path(worker.__file__).parents[1] / "desk" / "static" / "desk" / "js"


def test_the_service_worker_serves_its_own_shell_and_every_file_it_keeps_exists(client: Client) -> None:
    answer = client.get("/field/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    for name in worker.SHELL:
        assert (SCRIPTS.parent.parent / name).exists(), name
    files = json.loads(re.search(r"const FILES = (\[.*?\]);", answer.content.decode())[1])  # type: ignore[index]
    assert all(address.startswith("/static/") for address in files)


def test_every_script_a_kept_page_imports_is_kept_too() -> None:
    kept = {Path(name).name for name in worker.SHELL if name.endswith(".js")}
    for name in kept:
        for imported in re.findall(r'^import .* from "\./(.+?)"', (SCRIPTS / name).read_text(), re.M):
            assert imported in kept, f"{name} imports {imported}"


def test_the_manifest_starts_in_the_field(client: Client) -> None:
    told = client.get("/field/manifest.webmanifest").json()
    assert told["start_url"] == told["scope"] == "/field/"


def test_no_script_watches_where_a_phone_is_or_counts_steps_or_time() -> None:
    text = "".join(path.read_text() for path in SCRIPTS.glob("*.js"))
    for banned in ("watchPosition", "Accelerometer", "Pedometer", "devicemotion", "sendBeacon", "visibilitychange"):
        assert banned not in text


def test_a_visitor_is_led_to_sign_in(client: Client) -> None:
    for address in ("/field/", "/field/map", "/field/me", "/field/report"):
        assert client.get(address).status_code == 302, address
