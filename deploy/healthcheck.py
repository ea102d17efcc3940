"""Asks the web process in this container whether it is up; exits 1 when it is not."""

import os
import urllib.request

address = f"http://127.0.0.1:{os.environ['PORT']}/{os.environ['SERVICE']}/healthz"
with urllib.request.urlopen(address, timeout=4) as answer:
    raise SystemExit(answer.status != 200)
