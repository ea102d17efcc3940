"""The vendored design systems are what was vendored, and carry no GOV.UK-only mark."""

from __future__ import annotations

import json
from pathlib import Path

from shared.web.templating import STATIC
from shared.web.vendor_assets import RECORD, VENDOR, digests, forbidden, unbranded_css


def test_every_vendored_file_is_the_one_that_was_recorded() -> None:
    record = json.loads((VENDOR / RECORD).read_text())

    assert record["sha256"] == digests(VENDOR)
    assert record["packages"] == {
        "govuk-frontend": "6.3.0",
        "@ministryofjustice/frontend": "11.1.0",
    }


def test_no_crest_crown_or_font_of_gov_uk_is_shipped() -> None:
    assert forbidden(STATIC) == []


def test_a_crest_left_behind_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text(".x{background:url(images/govuk-crest.svg)}")
    (tmp_path / "font.woff2").write_bytes(b"\x00")

    assert forbidden(tmp_path) == ["a.css", "font.woff2"]


def test_each_package_carries_its_licence() -> None:
    for folder in ("govuk-frontend", "moj-frontend"):
        assert "Permission is hereby granted" in (VENDOR / folder / "LICENCE.txt").read_text()


def test_every_image_a_stylesheet_asks_for_is_there() -> None:
    for sheet in VENDOR.rglob("*.css"):
        asked = {part.split(")")[0] for part in sheet.read_text().split("url(")[1:]}
        assert asked <= {p.relative_to(sheet.parent).as_posix() for p in sheet.parent.rglob("*")}


def test_stripping_keeps_the_rules_around_a_brand_rule() -> None:
    css = (
        "@font-face{font-family:GDS Transport;src:url(x.woff2)}.a{color:red}"
        ".govuk-footer__crown{margin:0}.b{font-family:GDS Transport,arial,sans-serif}"
        "@media print{.moj-header__logotype-crest{top:0}.c{background:url(/assets/images/i.svg)}}"
        "\n/*# sourceMappingURL=x.css.map */"
    )

    assert unbranded_css(css) == (
        ".a{color:red}.b{font-family:Arial,Helvetica,sans-serif}"
        "@media print{.c{background:url(images/i.svg)}}\n"
    )
