"""What a kustomization adds up to, built as kustomize would, for the parts of it that we use.

kustomize itself comes neither with Debian nor with the packages of Python. An unknown field or
operation is an error, so that nothing is taken for built that was not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Resource = dict[str, Any]
KNOWN = frozenset(
    {
        *("apiVersion", "kind", "resources", "namespace", "namePrefix", "labels", "images"),
        *("patches", "configMapGenerator", "secretGenerator", "generatorOptions"),
    }
)
CLUSTER_WIDE = frozenset({"Namespace"})


class CannotBuild(AssertionError):
    """The kustomization names what is not there, or what this builder does not know."""


def build(folder: Path) -> list[Resource]:
    """Return every resource that `kubectl apply -k FOLDER` would send."""
    said = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    if unknown := set(said) - KNOWN:
        raise CannotBuild(f"{folder}: {unknown}")
    resources = [each for name in said.get("resources", ()) for each in _read(folder / name)]
    resources += list(_generated(folder, said))
    for patch in said.get("patches", ()):
        _patch(resources, patch)
    for resource in resources:
        _name(resource, said)
        _label(resource, said.get("labels", ()))
        _choose_images(resource, said.get("images", ()))
    return resources


def containers_of(resource: Resource) -> list[dict[str, Any]]:
    """Return the containers of a resource with a pod template of its own kind."""
    if resource["kind"] not in {"Deployment", "Job"}:
        return []
    containers: list[dict[str, Any]] = resource["spec"]["template"]["spec"]["containers"]
    return containers


def _read(path: Path) -> list[Resource]:
    if path.is_dir():
        return build(path)
    if not path.is_file():
        raise CannotBuild(f"{path} is not there")
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


def _generated(folder: Path, said: Mapping[str, Any]) -> Iterator[Resource]:
    for each in said.get("configMapGenerator", ()):
        held = {name: (folder / name).read_text() for name in each.get("files", ())}
        for name in each.get("envs", ()):
            lines = (folder / name).read_text().splitlines()
            held |= dict(line.split("=", 1) for line in lines)
        yield _resource("ConfigMap", each["name"], data=held)
    for each in said.get("secretGenerator", ()):
        keys = [file.split("=")[0].split("/")[-1] for file in each["files"]]
        # What is in them is nobody's business here.
        more = {"type": each["type"]} if "type" in each else {}
        yield _resource("Secret", each["name"], data=dict.fromkeys(keys, ""), **more)


def _resource(kind: str, name: str, **more: Any) -> Resource:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **more}


def _patch(resources: Iterable[Resource], patch: Mapping[str, Any]) -> None:
    wanted = patch["target"]
    chosen = [
        each
        for each in resources
        if each["kind"] == wanted["kind"]
        and wanted.get("name", each["metadata"]["name"]) == each["metadata"]["name"]
    ]
    if not chosen:
        raise CannotBuild(f"no resource is {wanted}")
    for resource in chosen:
        for change in yaml.safe_load(patch["patch"]):
            _replace(resource, change)


def _replace(resource: Resource, change: Mapping[str, Any]) -> None:
    if change["op"] != "replace":
        raise CannotBuild(f"unknown: {change['op']}")
    *way, last = change["path"].strip("/").split("/")
    place: Any = resource
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    key = int(last) if isinstance(place, list) else last
    # What is replaced must be there.
    assert place[key] is not None
    place[key] = change["value"]


def _name(resource: Resource, said: Mapping[str, Any]) -> None:
    metadata = resource["metadata"]
    metadata["name"] = said.get("namePrefix", "") + metadata["name"]
    if "namespace" in said and resource["kind"] not in CLUSTER_WIDE:
        metadata["namespace"] = said["namespace"]


def _label(resource: Resource, labels: Iterable[Mapping[str, Any]]) -> None:
    for each in labels:
        spec, pairs = resource.get("spec", {}), each["pairs"]
        resource["metadata"].setdefault("labels", {}).update(pairs)
        if resource["kind"] == "Service":
            spec["selector"].update(pairs)
        elif "selector" in spec:
            spec["selector"]["matchLabels"].update(pairs)
        if "template" in spec:
            spec["template"]["metadata"]["labels"].update(pairs)
            for spread in spec["template"]["spec"].get("topologySpreadConstraints", ()):
                spread["labelSelector"]["matchLabels"].update(pairs)


def _choose_images(resource: Resource, images: Iterable[Mapping[str, str]]) -> None:
    for container in containers_of(resource):
        for each in images:
            if container["image"] == each["name"]:
                tag = f":{each['newTag']}" if "newTag" in each else ""
                container["image"] = each.get("newName", each["name"]) + tag
                break
