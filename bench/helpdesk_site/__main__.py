"""`python -m bench.helpdesk_site load TICKETS | serve --port N`."""

from __future__ import annotations

import argparse
import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.helpdesk_site.settings"

if __name__ == "__main__":
    import django

    asked = argparse.ArgumentParser()
    doing = asked.add_subparsers(dest="what", required=True)
    doing.add_parser("load").add_argument("tickets", type=int)
    doing.add_parser("serve").add_argument("--port", type=int, required=True)
    given = asked.parse_args()
    if given.what == "load":
        django.setup()
        from bench.helpdesk_site import loading

        print(json.dumps(loading.load(given.tickets)))
    else:
        from django.core.wsgi import get_wsgi_application

        from bench import serving

        serving.serve(given.port, get_wsgi_application)
