"""What is handed to Prometheus speaks of metrics that exist, and says what our own rules say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.watch.alarms import RULES, Reading, Rule, alarms_of
from shared.watch.metrics import Sample, exposition, metric_names, metric_of

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "prometheus"
BY_PROMETHEUS_ITSELF = {"up"}


def alerts() -> dict[str, dict[str, Any]]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return {each["alert"]: each for each in group["rules"]}


def test_every_alert_looks_at_a_metric_that_exists_and_names_a_runbook_that_exists() -> None:
    for alert in alerts().values():
        metric = re.match(r"\w+", alert["expr"])
        assert metric is not None
        assert metric[0] in metric_names() | BY_PROMETHEUS_ITSELF
        assert (ROOT / alert["annotations"]["runbook"]).is_file()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.measure.value)
def test_every_rule_of_ours_is_an_alert_with_the_same_limit_and_words(rule: Rule) -> None:
    alert = alerts()[rule.measure.value]

    assert alert["expr"] == f"{metric_of(rule)} > {rule.limit:g}"
    assert alert["annotations"]["summary"] == rule.title
    assert rule.meaning in alert["annotations"]["description"]
    assert alert["annotations"]["runbook"] == f"deploy/runbooks/{rule.runbook}.md"


def test_every_service_is_scraped_at_its_own_door_with_the_token() -> None:
    scraped = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
    services = {each.parent.name for each in (ROOT / "services").glob("*/app.py")}

    assert {each["metrics_path"] for each in scraped["scrape_configs"]} == {
        f"/{service}/metrics" for service in services
    }
    for each in scraped["scrape_configs"]:
        service = each["metrics_path"].split("/")[1]
        assert each["static_configs"] == [{"targets": [f"{service}-web:8080"]}]
        assert each["authorization"]["credentials_file"]


def test_what_is_exported_is_named_by_the_list_of_names() -> None:
    readings = tuple(Reading(measure=rule.measure, value=rule.limit + 1) for rule in RULES)
    sample = Sample(
        service="referral", store_up=True, readings=readings, alarms=alarms_of(readings)
    )

    said = exposition(sample).decode()

    exported = {line.split("{")[0] for line in said.splitlines() if not line.startswith("#")}
    times = {f"golden_thread_{each}_timestamp_seconds" for each in ("heard_until", "parked_since")}
    assert exported == metric_names() - times
