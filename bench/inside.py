"""What is done inside a place, with its settings: `python -m bench.inside NAME JSON` prints what the function returned."""

from __future__ import annotations

import json
import random
import sys
from typing import Any


def cast() -> dict[str, Any]:
    """People to sign in as, and what the clients must know of the place."""
    from huying.domains.matters.demo.cast import Directory, sign_ins
    from huying.domains.matters.intake_files.importing import default_division
    from huying.domains.organizations import queries as organizations
    from huying.domains.organizations.models import Account
    from huying.kernel.actors import Actor, Level

    directory = Directory(default_division())
    people = {}
    for role, user, password in sign_ins(directory, actor=Actor.system("bench")):
        account_id = organizations.account_id_of(user) or 0
        post = organizations.posts_of(account_id)[0]
        people.setdefault(role, {"user": user, "password": password, "post": post.id, "unit": post.unit_id})
    # A demo's sign-ins are refused on PostgreSQL; these are for measuring only, on a private cluster.
    Account.objects.filter(is_demo=True).update(is_demo=False)
    county = directory.counties[0]
    villages = [
        code for town in directory.tree.descendants(county, Level.TOWNSHIP) for code in directory.tree.children(town)
    ]
    return {"people": people, "lead_unit": people["handler"]["unit"], "villages": villages}


def year(matters: int) -> dict[str, Any]:
    """An invented year of `matters` through the services, as the demo makes it."""
    from huying.domains.identities import services as vault
    from huying.domains.matters.demo.building import SEED, Year
    from huying.domains.matters.demo.cast import Directory
    from huying.domains.matters.intake_files.importing import default_division
    from huying.domains.matters.models import Matter
    from huying.kernel.actors import Actor

    Year(
        Directory(default_division()), random.Random(SEED), lambda said: print(said, file=sys.stderr, flush=True)
    ).build(matters)
    ids = list(Matter.objects.everything("bench").values_list("pk", flat=True))
    vault.issue_query_codes(actor=Actor.system("bench"), kind="matter", record_ids=ids)
    return {"matters": len(ids)}


def multiply(times: int) -> dict[str, Any]:
    from bench import loading

    return loading.multiply(times)


def storm(levels: list[str]) -> list[dict[str, Any]]:
    from bench import storming

    return storming.nights(levels)


def showing(pack: str) -> dict[str, str]:
    from bench import showing

    return showing.showing(pack)


def main() -> None:
    name, given = sys.argv[1], json.loads(sys.argv[2])
    from huying.entry.commands import place

    place.set_up()
    functions = {one.__name__: one for one in (cast, year, multiply, storm, showing)}
    print(json.dumps(functions[name](**given)))


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.entry.settings")
    main()
