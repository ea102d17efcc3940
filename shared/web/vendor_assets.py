"""Copies the two design systems' built files here, without what only GOV.UK itself may use.

A council service may use the code (MIT) but not the GDS Transport font, the crest, the crown or
the GOV.UK marks. Run once per upgrade; the result is committed, so nobody needs Node to build.

    cd "$(mktemp -d)" && npm init -y
    npm install --ignore-scripts govuk-frontend@6.3.0 @ministryofjustice/frontend@11.1.0
    python -m shared.web.vendor_assets node_modules
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import click

VENDOR = Path(__file__).parent / "static" / "vendor"
RECORD = "VENDORED.json"
FORBIDDEN = re.compile(r"crest|crown|logotype|\.woff|gds transport", re.IGNORECASE)

_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_BRAND_RULE = re.compile(r"[^{};]*(?:crest|crown|logotype|copyright-logo)[^{}]*\{[^{}]*\}", re.I)
_IMAGE_URL = re.compile(r"url\(/assets/images/")
_SOURCE_MAP = re.compile(r"(?://|/\*)# sourceMappingURL=\S+(?: \*/)?\s*$")

_MIT = """The MIT License (MIT)

{copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One npm package: where its built files are and whose licence it carries."""

    name: str
    folder: str
    built: str
    stem: str
    copyright: str


PACKAGES = (
    Package(
        name="govuk-frontend",
        folder="govuk-frontend",
        built="dist/govuk",
        stem="govuk-frontend",
        copyright="Copyright (c) 2017 Crown Copyright (Government Digital Service)",
    ),
    Package(
        name="@ministryofjustice/frontend",
        folder="moj-frontend",
        built="moj",
        stem="moj-frontend",
        copyright="Copyright (c) 2019 Ministry of Justice",
    ),
)


def unbranded_css(css: str) -> str:
    """The stylesheet without fonts and marks, with Arial and with image addresses beside it."""
    css = _FONT_FACE.sub("", css)
    css = _BRAND_RULE.sub("", css)
    css = css.replace("GDS Transport,arial,sans-serif", "Arial,Helvetica,sans-serif")
    css = _IMAGE_URL.sub("url(images/", css)
    return _SOURCE_MAP.sub("", css).rstrip() + "\n"


def unmapped_js(script: str) -> str:
    """The script without the pointer to a source map that is not shipped."""
    return _SOURCE_MAP.sub("", script).rstrip() + "\n"


def copy_package(package: Package, *, node_modules: Path, to: Path) -> str:
    """Copy one package's files and return the version copied."""
    root = node_modules / package.name
    built, folder = root / package.built, to / package.folder
    (folder / "images").mkdir(parents=True)
    css = (built / f"{package.stem}.min.css").read_text(encoding="utf-8")
    script = (built / f"{package.stem}.min.js").read_text(encoding="utf-8")
    (folder / f"{package.stem}.min.css").write_text(unbranded_css(css), encoding="utf-8")
    (folder / f"{package.stem}.min.js").write_text(unmapped_js(script), encoding="utf-8")
    for icon in sorted((built / "assets" / "images").glob("icon-*")):
        shutil.copyfile(icon, folder / "images" / icon.name)
    if not any((folder / "images").iterdir()):
        (folder / "images").rmdir()
    licence = _MIT.format(copyright=package.copyright)
    (folder / "LICENCE.txt").write_text(licence, encoding="utf-8")
    return str(json.loads((root / "package.json").read_text(encoding="utf-8"))["version"])


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below the folder, except the record itself."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != RECORD
    }


def forbidden(folder: Path) -> list[str]:
    """Files that still carry, or are named after, something only GOV.UK may use."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name in {RECORD, "LICENCE.txt"}:
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        if FORBIDDEN.search(path.name) or FORBIDDEN.search(text):
            found.append(path.relative_to(folder).as_posix())
    return found


@click.command()
@click.argument("node_modules", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(node_modules: Path) -> None:
    """Vendor the design systems' files from NODE_MODULES."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    versions = {
        package.name: copy_package(package, node_modules=node_modules, to=VENDOR)
        for package in PACKAGES
    }
    left = forbidden(VENDOR)
    if left:
        raise click.ClickException("These still carry a GOV.UK-only mark: " + ", ".join(left))
    record = {"packages": versions, "sha256": digests(VENDOR)}
    (VENDOR / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    click.echo(f"Vendored {len(record['sha256'])} files: {versions}")


if __name__ == "__main__":
    main()
