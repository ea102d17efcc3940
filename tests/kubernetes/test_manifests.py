"""The manifests build, fit their schemas, and say the same as compose and as the code."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.compose.names import FILES_OF_A_SERVER, settings_read
from tests.kubernetes.operators import SPECS
from tests.support.kustomize import CannotBuild, Resource, build, containers_of

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy/kubernetes"
SERVICES = sorted(each.parent.name for each in (ROOT / "services").glob("*/__init__.py"))
PROCESSES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
VERSION = "1.34"
"""Fields that this Kubernetes does not know are refused."""
HELPERS = {"SERVICE", "RABBITMQ_PASSWORD"}
"""Names from which the manifests put addresses together; no process reads them."""


@pytest.fixture(scope="module")
def everything() -> list[Resource]:
    """What `kubectl apply -k` would send."""
    return build(MANIFESTS / "overlays/example")


def of_kind(resources: list[Resource], *kinds: str) -> dict[str, Resource]:
    """Return the resources of some kinds by name."""
    return {each["metadata"]["name"]: each for each in resources if each["kind"] in kinds}


def pods(resources: list[Resource]) -> dict[str, dict[str, Any]]:
    """Return every pod template of ours by the name of what makes it."""
    made = of_kind(resources, "Deployment", "Job")
    return {name: each["spec"]["template"] for name, each in made.items()}


def labels_fit(labels: Mapping[str, str], selector: Mapping[str, Any]) -> bool:
    """Does a selector choose a pod with these labels?"""
    return selector.get("matchLabels", {}).items() <= labels.items()


def test_every_resource_fits_its_schema(everything: list[Resource]) -> None:
    for resource in everything:
        spec = SPECS.get((resource["apiVersion"], resource["kind"]))
        if spec is None:
            kubernetes_validate.validate(resource, VERSION, strict=True)
        else:
            assert set(resource) == {"apiVersion", "kind", "metadata", "spec"}
            jsonschema.validate(resource["spec"], spec)


def test_the_pieces_of_pods_inside_the_operators_resources_fit_theirs(
    everything: list[Resource],
) -> None:
    (mongodb,) = of_kind(everything, "MongoDBCommunity").values()
    (rabbitmq,) = of_kind(everything, "RabbitmqCluster").values()
    inside = mongodb["spec"]["statefulSet"]["spec"]["template"]["spec"]
    broker = {"name": "rabbitmq", "resources": rabbitmq["spec"]["resources"]}

    for spec in (inside, {"containers": [broker], "affinity": rabbitmq["spec"]["affinity"]}):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
        kubernetes_validate.validate(pod, VERSION, strict=True)


@pytest.mark.parametrize(
    ("name", "slip"),
    [
        ("referral-web", lambda spec: spec.update(replica=3)),
        ("referral-work", lambda spec: spec["template"]["spec"]["containers"][0].pop("name")),
        ("mongodb", lambda spec: spec.update(member=3)),
        ("rabbitmq", lambda spec: spec["rabbitmq"].update(additionalConf="")),
    ],
)
def test_a_slip_of_the_keyboard_is_found(name: str, slip: Any) -> None:
    kinds = ("Deployment", "MongoDBCommunity", "RabbitmqCluster")
    resources = build(MANIFESTS / "base")
    spoilt = of_kind(resources, *kinds)[name]
    slip(spoilt["spec"])

    with pytest.raises((kubernetes_validate.ValidationError, jsonschema.ValidationError)):
        test_every_resource_fits_its_schema([spoilt])


def test_a_file_that_is_not_there_and_a_patch_of_nothing_are_found(tmp_path: Path) -> None:
    said = tmp_path / "kustomization.yaml"
    for wrong in (
        "resources: [gone.yaml]",
        'patches: [{target: {kind: Ingress}, patch: "[]"}]',
        "helmCharts: []",
    ):
        said.write_text(wrong)
        with pytest.raises(CannotBuild):
            build(tmp_path)


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_runs_twice_with_what_it_needs_and_may_not_be_taken_away_whole(
    service: str, everything: list[Resource]
) -> None:
    templates, budgets = pods(everything), of_kind(everything, "PodDisruptionBudget")

    for role in ("web", "work"):
        name = f"{service}-{role}"
        deployment = of_kind(everything, "Deployment")[name]
        assert deployment["spec"]["replicas"] == 2
        chosen = [
            each
            for each, template in templates.items()
            if labels_fit(template["metadata"]["labels"], budgets[name]["spec"]["selector"])
        ]
        assert chosen == [name]
    assert containers_of(of_kind(everything, "Job")[f"{service}-indexes"])[0]["args"] == ["indexes"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_reached_under_the_name_that_the_others_are_told(
    service: str, everything: list[Resource]
) -> None:
    reached = of_kind(everything, "Service")[f"{service}-web"]["spec"]
    told = of_kind(everything, "ConfigMap")["settings"]["data"][f"{service.upper()}_URL"]
    chosen = [
        name
        for name, template in pods(everything).items()
        if reached["selector"].items() <= template["metadata"]["labels"].items()
    ]

    assert told == f"http://{service}-web:{reached['ports'][0]['port']}"
    assert told == PROCESSES[f"{service}-web"]["environment"][f"{service.upper()}_URL"]
    assert chosen == [f"{service}-web"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_is_told_exactly_the_settings_that_it_reads(
    service: str, everything: list[Resource]
) -> None:
    read, told = settings_read(), of_kind(everything, "ConfigMap")["settings"]["data"]
    wanted = {name for name in read if not name.endswith("_FILE")} | FILES_OF_A_SERVER
    secrets = {"SECRET_KEY", "SERVICE_TOKEN"}

    for role in ("web", "work", "indexes"):
        (container,) = containers_of(of_kind(everything, "Deployment", "Job")[f"{service}-{role}"])
        given = {*told, *(each["name"] for each in container["env"])}

        assert given - HELPERS <= read
        assert wanted - secrets <= given
        assert {f"{name}_FILE" for name in secrets} <= given
        assert container["image"] == f"registry.example/golden-thread/{service}:1"
        image = PROCESSES[f"{service}-{role}"]["image"].split(":")[0]
        assert container["image"].endswith(f"/{image}:1")


@pytest.mark.parametrize("service", SERVICES)
def test_the_probes_ask_the_service_itself(service: str, everything: list[Resource]) -> None:
    (container,) = containers_of(of_kind(everything, "Deployment")[f"{service}-web"])
    paths = {name: container[name]["httpGet"]["path"] for name in container if "Probe" in name}

    assert paths == {
        "startupProbe": f"/{service}/healthz",
        "livenessProbe": f"/{service}/healthz",
        "readinessProbe": f"/{service}/readyz",
    }
    assert container["ports"][0]["containerPort"] == 8080


def test_every_process_is_nobody_and_can_write_nothing(everything: list[Resource]) -> None:
    (user,) = re.findall(r"USER (\d+):", (ROOT / "deploy/Dockerfile").read_text())
    for name, template in pods(everything).items():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] == int(user), name
        for container in spec["containers"]:
            confined = container["securityContext"]
            assert confined["readOnlyRootFilesystem"] is True, name
            assert confined["allowPrivilegeEscalation"] is False, name
            assert confined["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name


def test_every_secret_that_is_asked_for_is_made(everything: list[Resource]) -> None:
    (mongodb,) = of_kind(everything, "MongoDBCommunity").values()
    made = {name: set(each["data"]) for name, each in of_kind(everything, "Secret").items()}
    for user in mongodb["spec"]["users"]:
        made[user["connectionStringSecretName"]] = {"connectionString.standard"}
        assert "password" in made[user["passwordSecretRef"]["name"]]
    made["rabbitmq-default-user"] = {"username", "password"}

    asked = list(secrets_asked(pods(everything)))

    assert asked
    for name, key in asked:
        assert name in made, f"nobody makes the secret {name}"
        assert key is None or key in made[name], f"{name} has no {key}"


def secrets_asked(templates: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Yield name and key of every secret that a pod of ours needs."""
    for template in templates.values():
        for volume in template["spec"].get("volumes", ()):
            if "secret" in volume:
                yield volume["secret"]["secretName"], None
        for container in template["spec"]["containers"]:
            for each in container["env"]:
                if secret := each.get("valueFrom", {}).get("secretKeyRef"):
                    yield secret["name"], secret["key"]


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_signs_in_as_itself_to_its_own_database_and_to_the_broker(
    service: str, everything: list[Resource]
) -> None:
    (mongodb,) = of_kind(everything, "MongoDBCommunity").values()
    (user,) = (each for each in mongodb["spec"]["users"] if each["name"] == service)
    (container,) = containers_of(of_kind(everything, "Deployment")[f"{service}-work"])
    given = {each["name"]: each for each in container["env"]}

    assert user["db"] == f"golden_thread_{service}"
    assert {role["db"] for role in user["roles"]} == {user["db"]}
    address = given["MONGO_URL"]["valueFrom"]["secretKeyRef"]["name"]
    assert address == user["connectionStringSecretName"]
    password = given["RABBITMQ_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"]
    assert password == f"{service}-broker-password"
    assert given["AMQP_URL"]["value"] == PROCESSES[f"{service}-work"]["environment"][
        "AMQP_URL"
    ].replace(
        f"{service}:${{RABBITMQ_{service.upper()}_PASSWORD}}", "$(SERVICE):$(RABBITMQ_PASSWORD)"
    )


@pytest.fixture(scope="module")
def set_up_of_the_store() -> ModuleType:
    """The program that gives rights under compose."""
    place = ROOT / "deploy/mongo/set_up.py"
    spec = importlib.util.spec_from_file_location("mongo_set_up", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_record_is_append_only_here_too(
    everything: list[Resource], set_up_of_the_store: ModuleType
) -> None:
    (mongodb,) = of_kind(everything, "MongoDBCommunity").values()
    (role,) = mongodb["spec"]["security"]["roles"]
    (audit,) = (each for each in mongodb["spec"]["users"] if each["name"] == "audit")

    assert role["privileges"] == set_up_of_the_store.privileges_of("golden_thread_audit")
    assert audit["roles"] == [{"name": role["role"], "db": role["db"]}]


def test_the_broker_has_the_limits_and_the_users_that_it_has_under_compose(
    everything: list[Resource],
) -> None:
    (rabbitmq,) = of_kind(everything, "RabbitmqCluster").values()
    here = set(rabbitmq["spec"]["rabbitmq"]["additionalConfig"].splitlines())
    alone = (ROOT / "deploy/rabbitmq/golden-thread.conf").read_text().splitlines()
    wanted = {line for line in alone if line and not line.startswith(("#", "management"))}
    held = of_kind(everything, "ConfigMap")["rabbitmq-users"]["data"]

    assert here == wanted | {"cluster_partition_handling = pause_minority"}
    assert set(json.loads(held["permissions.json"])["services"]) == set(SERVICES)


def test_nobody_may_speak_to_anybody_unless_it_is_said(everything: list[Resource]) -> None:
    policies = of_kind(everything, "NetworkPolicy")
    closed = policies["nobody"]["spec"]

    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    reach = policies["what-a-service-reaches"]["spec"]["egress"]
    assert [rule["ports"][0]["port"] for rule in reach] == [27017, 5672, 8080]
    assert all("podSelector" in to for rule in reach for to in rule["to"])
    ours = [template["metadata"]["labels"] for template in pods(everything).values()]
    chosen = policies["what-a-service-reaches"]["spec"]["podSelector"]
    assert sum(labels_fit(labels, chosen) for labels in ours) == 3 * len(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_the_one_address_leads_to_every_service_and_to_no_feed(
    service: str, everything: list[Resource]
) -> None:
    (ingress,) = of_kind(everything, "Ingress").values()
    (rule,) = ingress["spec"]["rules"]
    leads = {each["path"]: each["backend"]["service"]["name"] for each in rule["http"]["paths"]}

    assert leads[f"/{service}"] == f"{service}-web"
    assert leads[f"/{service}/feed"] == "closed"
    assert "selector" not in of_kind(everything, "Service")["closed"]["spec"]
    assert rule["host"] == ingress["spec"]["tls"][0]["hosts"][0] == "thread.council.example"
