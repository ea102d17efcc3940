"""The fast way to write and read the data of an event agrees with its schema, or leaves it be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events.compiled import Doubtful, codec_of
from shared.events.registry import REGISTRY, schema_of
from tests.contract import samples

often = settings(max_examples=50, deadline=None)
every_sample = pytest.mark.parametrize("name", samples.names())

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=70),
    st.sampled_from(
        [
            *("2026-11-03T09:00:00Z", "2026-11-03T09:00:00.000+00:00", "2026-11-03T09:00:00.000"),
            *("2026-02-30T09:00:00.000Z", "2026-W45-2T09:00:00.000Z", "CH-7K3M9-00001\n", "true"),
        ]
    ),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=1),
)


def schema_for(name: str) -> Any:
    event = samples.envelope(name)
    return schema_of(REGISTRY[event.type, event.version])


def codec_for(name: str) -> Any:
    event = samples.envelope(name)
    return codec_of(REGISTRY[event.type, event.version])


@every_sample
def test_what_is_right_is_read_and_written_without_the_schema(name: str) -> None:
    data = samples.wire(name)["data"]

    fact = codec_for(name).read(data)

    assert fact == schema_for(name).load(data)
    assert codec_for(name).write(fact) == data


@every_sample
@often
@given(draw=st.data())
def test_whatever_is_read_without_the_schema_the_schema_reads_the_same(
    name: str, draw: st.DataObject
) -> None:
    data = spoil(samples.wire(name)["data"], draw)
    try:
        fact = codec_for(name).read(data)
    except Doubtful:
        return

    assert fact == schema_for(name).load(data)


@every_sample
@often
@given(draw=st.data())
def test_whatever_is_written_without_the_schema_the_schema_writes_the_same(
    name: str, draw: st.DataObject
) -> None:
    fact = codec_for(name).read(samples.wire(name)["data"])
    field = draw.draw(st.sampled_from(sorted(samples.wire(name)["data"])))
    odd = replace(fact, **{field: draw.draw(ODD)})
    try:
        written = codec_for(name).write(odd)
    except Doubtful:
        return

    assert written == schema_for(name).dump(odd)
    assert schema_for(name).validate(written) == {}


def spoil(data: Any, draw: st.DataObject) -> Any:
    """Change, add or take away something somewhere."""
    if isinstance(data, dict) and data and draw.draw(st.integers(0, 3)):
        name = draw.draw(st.sampled_from([*sorted(data), "something-new"]))
        if name not in data:
            return {**data, name: draw.draw(ODD)}
        if draw.draw(st.booleans()):
            return {**data, name: spoil(data[name], draw)}
        return {each: value for each, value in data.items() if each != name}
    if isinstance(data, list) and data and draw.draw(st.booleans()):
        return [spoil(data[0], draw), *data[1:]]
    return draw.draw(ODD)
