"""State and logs of the local stage."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from rich.markup import escape

from twin.local.cloud import LocalCloud
from twin.outputs import StageOutputs
from twin.progress import console

POLL_SECONDS = 1
LAST_ACTIVITIES = 5


def show_status(cloud: LocalCloud, outputs: StageOutputs | None) -> None:
    """Print the process, the stacks, the endpoints and the latest scaling activities."""
    facts = list(_facts(cloud, outputs))
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        console.print(f"{name:{width}}  {escape(value)}", soft_wrap=True)


def _facts(cloud: LocalCloud, outputs: StageOutputs | None) -> Iterator[tuple[str, str]]:
    process = cloud.process()
    if process is None:
        yield "local cloud", "not running"
        return
    yield "local cloud", f"{cloud.settings.origin} (pid {process.pid})"
    yield from _stacks(cloud)
    yield from _endpoints(cloud)
    yield from _scaling(cloud)
    if outputs:
        yield "API", outputs.api_url or "none: [api] is left out"
        if outputs.endpoint_url:
            yield "past the API", f"{outputs.endpoint_url} (`twin token`)"


def _stacks(cloud: LocalCloud) -> Iterator[tuple[str, str]]:
    cloudformation = cloud.session.client("cloudformation", endpoint_url=cloud.settings.origin)
    for stack in cloudformation.describe_stacks()["Stacks"]:
        yield f"stack {stack['StackName']}", stack["StackStatus"]


def _endpoints(cloud: LocalCloud) -> Iterator[tuple[str, str]]:
    sagemaker = cloud.session.client("sagemaker", endpoint_url=cloud.settings.origin)
    for summary in sagemaker.list_endpoints()["Endpoints"]:
        endpoint = sagemaker.describe_endpoint(EndpointName=summary["EndpointName"])
        counts = ", ".join(
            f"{variant['CurrentInstanceCount']} of {variant['VariantName']}"
            for variant in endpoint["ProductionVariants"]
        )
        yield f"endpoint {endpoint['EndpointName']}", f"{endpoint['EndpointStatus']} ({counts})"
    for component in sagemaker.list_inference_components()["InferenceComponents"]:
        name = component["InferenceComponentName"]
        described = sagemaker.describe_inference_component(InferenceComponentName=name)
        copies = described["RuntimeConfig"]["CurrentCopyCount"]
        status = described["InferenceComponentStatus"]
        yield f"component {name}", f"{status} ({copies} copies)"


def _scaling(cloud: LocalCloud) -> Iterator[tuple[str, str]]:
    scaling = cloud.session.client("application-autoscaling", endpoint_url=cloud.settings.origin)
    found = scaling.describe_scaling_activities(
        ServiceNamespace="sagemaker", MaxResults=LAST_ACTIVITIES
    )
    for activity in found["ScalingActivities"]:
        when = activity["StartTime"].astimezone(UTC).strftime("%H:%M:%S")
        yield f"scaled {when}", f"{activity['Description']} {activity['Cause']}"


def log_lines(cloud: LocalCloud, stage: str | None = None, *, follow: bool) -> Iterator[str]:
    """Yield the log lines of functions and engines, oldest first; with `follow`, new ones too.

    Args:
        cloud: The local cloud.
        stage: Whose lines; None for every stage's.
        follow: True to go on as lines come.
    """
    logs = cloud.session.client("logs", endpoint_url=cloud.settings.origin)
    seen: dict[str, int] = {}
    while True:
        events = []
        for group in logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            if stage is not None and f"-{stage}" not in name:
                continue
            found = logs.filter_log_events(logGroupName=name, startTime=seen.get(name, 0))["events"]
            events += [(event["timestamp"], name, event["message"].rstrip()) for event in found]
            if found:
                seen[name] = max(event["timestamp"] for event in found) + 1
        for timestamp, name, message in sorted(events):
            when = datetime.fromtimestamp(timestamp / 1000, UTC).strftime("%H:%M:%S")
            yield f"{when} {name.removeprefix('/aws/')} {message}"
        if not follow:
            return
        time.sleep(POLL_SECONDS)
