"""What the journeys share: signing in as a person would, axe-core over the page, and a picture of it when asked for.

HUYING_SCREENSHOTS=FOLDER keeps a PNG of every page at 1440 and at 390 wide.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

PASSWORD = "correct-horse-battery-1"
AXE = (Path(__file__).parent / "vendor" / "axe" / "axe.min.js").read_text()
SERIOUS = ("serious", "critical")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


def sign_in(page: Any, who: str, lands: str = "**/desk/**") -> None:
    """By the sign-in page; who holds one post is in it at once."""
    own_password(who)
    # whoever was at this screen before has their page whole, and leaves it
    page.wait_for_load_state()
    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto("/signin/")
    page.get_by_label("用户名").fill(who)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lands)


def own_password(who: str) -> None:
    """As if `who` had signed in once and chosen a password."""
    account = get_user_model().objects.get(username=who)
    account.set_password(PASSWORD)
    account.must_change_password = False  # type: ignore[attr-defined]
    account.save()


def look(page: Any, name: str, both: bool = True) -> None:
    """The page has no serious fault, and no part of it is wider than the screen; pictures when asked for."""
    faults(page, name)
    folder = os.environ.get("HUYING_SCREENSHOTS")
    before = page.viewport_size
    for size in (DESK, PHONE) if both else (before,):
        page.set_viewport_size(size)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}-{size['width']}.png"), full_page=True)
        assert wider <= 1, f"{name} is {wider} px wider than a screen of {size['width']}"
    page.set_viewport_size(before)


def faults(page: Any, name: str) -> None:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    told = [
        f"{fault['id']}: {fault['help']} — {node['target']} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
    assert not told, f"{name}:\n" + "\n".join(told)


def watch(page: Any) -> list[str]:
    """What the browser complains of: scripts that fail, and what the policy stopped."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # a form sent back with its faults (4xx) is no fault of the page
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
    )
    return complaints
