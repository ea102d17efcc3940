"""An address that belongs to no service is answered as every missing page is."""

from __future__ import annotations

from werkzeug.test import Client

from shared.mash.web import ByFirstSegment
from tests.support.pages import check_page
from tests.unit.web.world import toy_app


def test_an_address_outside_every_service_is_a_page_that_leads_on() -> None:
    client = Client(ByFirstSegment({"toy": toy_app().wsgi_app}, first="toy"))

    answer = client.get("/nosuch")

    assert answer.status_code == 404
    assert check_page(answer.text).one("h1").text == "Page not found"
    assert client.get("/").headers["Location"] == "/toy/"
