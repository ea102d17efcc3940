"""`mash docs` describes the events and every service's interface, from the code that runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.mash import documents
from shared.mash.roster import service_names


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {path.name: path for path in documents.write(tmp_path_factory.mktemp("docs"))}


def test_there_is_a_description_of_the_events_and_one_for_each_service(
    written: dict[str, Path],
) -> None:
    assert set(written) == {
        "asyncapi.json",
        *(f"openapi-{name}.json" for name in service_names()),
    }


@pytest.mark.parametrize("service", service_names())
def test_the_description_of_an_interface_is_valid_openapi(
    written: dict[str, Path], service: str
) -> None:
    described = json.loads(written[f"openapi-{service}.json"].read_text(encoding="utf-8"))

    OpenAPIV31SpecValidator(described).validate()
    assert any(path.startswith(f"/{service}/api/") for path in described["paths"])


def test_a_description_names_no_place_of_the_machine_it_was_made_on(
    written: dict[str, Path],
) -> None:
    for path in written.values():
        assert str(path.parent) not in path.read_text(encoding="utf-8")
        assert "/tmp/" not in path.read_text(encoding="utf-8")  # noqa: S108
