"""The compose file, the proxy and example.env say the same as the code that reads them."""

import json
import re
from pathlib import Path

import pytest
import yaml

from shared.messaging.topology import EXCHANGE, events_queue, parking_queue
from tests.compose.names import FILES_OF_A_SERVER, settings_read

ROOT = Path(__file__).parents[2]
SERVICES = sorted(each.parent.name for each in (ROOT / "services").glob("*/__init__.py"))
EXAMPLE = (ROOT / "deploy/example.env").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
CLUSTER = (ROOT / "deploy/cluster/compose.yml").read_text(encoding="utf-8")
MEMBERS = ("mongo", "mongo-2", "mongo-3")


@pytest.fixture(scope="module")
def settings() -> set[str]:
    return settings_read()


def names_in_example(*, set_only: bool) -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=" if set_only else r"^(?:# )?([A-Z_]+)=", EXAMPLE, re.M))


def names_in_compose() -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", COMPOSE + CLUSTER))


def processes() -> dict[str, dict]:
    return yaml.safe_load(COMPOSE)["services"]


def test_example_env_names_every_setting_that_a_service_reads(settings: set[str]) -> None:
    assert settings - names_in_example(set_only=False) == set()


def test_example_env_sets_exactly_what_compose_asks_for() -> None:
    assert names_in_example(set_only=True) == names_in_compose()


def test_example_env_has_no_setting_that_nobody_reads(settings: set[str]) -> None:
    assert names_in_example(set_only=False) - names_in_compose() - settings == set()


@pytest.mark.parametrize("service", SERVICES)
def test_compose_gives_each_service_every_setting(service: str, settings: set[str]) -> None:
    wanted = {name for name in settings if not name.endswith("_FILE")} | FILES_OF_A_SERVER

    for role in ("web", "work", "indexes"):
        given = processes()[f"{service}-{role}"]["environment"]

        assert wanted - set(given) == set(), f"docker-compose.yml: add these to x-settings ({role})"


@pytest.mark.parametrize("service", SERVICES)
def test_compose_sets_only_what_a_process_reads(service: str, settings: set[str]) -> None:
    for role in ("web", "work", "indexes"):
        assert set(processes()[f"{service}-{role}"]["environment"]) - settings == set()


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_signs_in_as_itself_to_the_store_and_the_broker(service: str) -> None:
    given = processes()[f"{service}-work"]["environment"]

    assert given["MONGO_URL"].startswith(f"mongodb://{service}:")
    assert f"authSource=golden_thread_{service}&" in given["MONGO_URL"]
    assert given["AMQP_URL"].startswith(f"amqp://{service}:")


@pytest.mark.parametrize("service", SERVICES)
def test_the_proxy_leads_to_every_service(service: str) -> None:
    configuration = (ROOT / "deploy/proxy/nginx.conf").read_text(encoding="utf-8")
    routed = re.search(r"\^/\(\?<service>([a-z|]+)\)/", configuration)

    assert routed is not None
    assert service in routed[1].split("|")


@pytest.mark.parametrize("service", SERVICES)
def test_the_broker_lets_each_service_use_its_own_queues_and_nobody_elses(service: str) -> None:
    text = (ROOT / "deploy/rabbitmq/permissions.json").read_text(encoding="utf-8")
    may = json.loads(text)["services"][service]
    own = {
        EXCHANGE.name,
        events_queue(service, (), rabbitmq=True).name,
        parking_queue(service, rabbitmq=True).name,
        parking_queue(service, rabbitmq=True).exchange.name,
    }
    foreign = {events_queue(each, (), rabbitmq=True).name for each in SERVICES if each != service}

    for act in ("configure", "write", "read"):
        assert {name for name in own | foreign if re.search(may["queues"][act], name)} == own
    assert re.search(may["events"]["write"], f"{service}.anything-at-all")
    assert not any(
        re.search(may["events"]["write"], f"{each}.x") for each in SERVICES if each != service
    )


def test_only_the_proxy_is_reached_from_outside() -> None:
    open_to_others = [name for name, each in processes().items() if "ports" in each]

    assert open_to_others == ["proxy"]


@pytest.mark.parametrize("service", SERVICES)
def test_in_the_cluster_each_process_knows_every_member_and_there_are_two_of_each(
    service: str,
) -> None:
    overlaid = yaml.safe_load(CLUSTER)["services"]
    alone = processes()[f"{service}-web"]["environment"]["MONGO_URL"]
    members = ",".join(f"{each}:27017" for each in MEMBERS)

    for role in ("web", "work", "indexes"):
        given = overlaid[f"{service}-{role}"]["environment"]

        assert given == {"MONGO_URL": alone.replace("mongo:27017", members)}
        assert overlaid[f"{service}-{role}"]["scale"] == (1 if role == "indexes" else 2)


def test_the_cluster_waits_for_every_member_before_users_and_queues_are_made() -> None:
    overlaid = yaml.safe_load(CLUSTER)["services"]
    nodes = {overlaid[each]["hostname"] for each in ("rabbitmq", "rabbitmq-2", "rabbitmq-3")}
    formation = (ROOT / "deploy/cluster/rabbitmq.conf").read_text(encoding="utf-8")

    asked = overlaid["mongo-users"]["environment"]["MONGO_MEMBERS"].split(",")
    assert asked == [f"{each}:27017" for each in MEMBERS]
    assert set(re.findall(r"rabbit@([\w-]+)", formation)) == nodes
    assert overlaid["rabbitmq-users"]["environment"]["RABBITMQ_NODES"] == str(len(nodes))


@pytest.mark.parametrize("name", ["mongo", "rabbitmq"])
def test_further_members_of_the_cluster_are_confined_as_the_first_is(name: str) -> None:
    first, overlaid = processes()[name], yaml.safe_load(CLUSTER)["services"]
    same = ("image", "user", "restart", "cap_drop", "security_opt", "healthcheck", "ulimits")

    for further in (f"{name}-2", f"{name}-3"):
        assert {each: overlaid[further][each] for each in same} == {
            each: first[each] for each in same
        }
        assert "ports" not in overlaid[further]


def test_the_stores_rights_name_every_collection_of_audit() -> None:
    rights = json.loads((ROOT / "deploy/mongo/audit-rights.json").read_text(encoding="utf-8"))
    named = set(rights["append_only"]) | set(rights["read_write"])
    code = "".join(
        each.read_text(encoding="utf-8")
        for folder in ("services/audit", "shared")
        for each in (ROOT / folder).rglob("*.py")
    )
    used = set(re.findall(r'"collection": "(\w+)"', code))
    used |= set(re.findall(r'database\["(\w+)"\]', code))

    assert named == used, "name each in deploy/mongo/audit-rights.json, else audit cannot use it"
    assert rights["append_only"] == ["entries"]
