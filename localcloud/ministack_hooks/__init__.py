"""The one place that touches ministack's private names: an upgrade breaks here and nowhere else.

ministack 1.5.33 has no plugin interface. What it does have are plain registries (dictionaries of
CloudFormation types, of service modules and of routing patterns) and module-level functions, which
an extension in the same process can add to or replace. `tests/contract/` holds the names used here
against the installed version.

Import it only after `Settings.prepare_process()`: ministack reads its settings at import.

Decisions: 0002, a cloud on the laptop; 0048, state machines and events; 0052, hooks around
ministack's functions; 0055, metrics are statistic sets; 0057, stack operations answer when done.
"""

from __future__ import annotations

from localcloud.ministack_hooks.aws_lambda.concurrency import limit_concurrency
from localcloud.ministack_hooks.aws_lambda.event_invocations import queue_event_invocations
from localcloud.ministack_hooks.aws_lambda.functions import (
    Function,
    ThrottledError,
    execution_slot,
    extend_functions,
    find_function,
    layer_packages,
    record_invocation,
)
from localcloud.ministack_hooks.aws_lambda.versions import extend_versions
from localcloud.ministack_hooks.credentials import presigned_failure
from localcloud.ministack_hooks.events import put_event, run_rates_by
from localcloud.ministack_hooks.logs import LogStream, delete_logs_while_others_write
from localcloud.ministack_hooks.metrics.cloudwatch import (
    Alarm,
    Metrics,
    evaluate_no_alarms,
    metric_alarms,
)
from localcloud.ministack_hooks.metrics.embedded import read_embedded_metrics
from localcloud.ministack_hooks.metrics.queues import QueueContents, queue_contents
from localcloud.ministack_hooks.notifications import publish
from localcloud.ministack_hooks.presigned_urls import refuse_old_signatures
from localcloud.ministack_hooks.resources import (
    Properties,
    Provisioner,
    ResourceType,
    physical_name,
    register_resource_type,
)
from localcloud.ministack_hooks.rest_apis.access_log import write_access_logs
from localcloud.ministack_hooks.rest_apis.api_keys import take_keys_from_authorizers
from localcloud.ministack_hooks.rest_apis.gateway import (
    Answer,
    GatewayError,
    StreamCall,
    StreamedBody,
    extend_rest_apis,
    integration_failure,
    integration_timeout,
)
from localcloud.ministack_hooks.services import (
    Response,
    ServiceHandler,
    app,
    call_service,
    register_service,
    request_scope,
    services,
    set_request_scope,
    version,
)
from localcloud.ministack_hooks.stack_operations import answer_when_done, keep_exports_in_use
from localcloud.ministack_hooks.stepfunctions import (
    Integration,
    TaskFailedError,
    add_integration,
    extend_state_machines,
)
from localcloud.ministack_hooks.tables import expire_items

__all__ = [
    "Alarm",
    "Answer",
    "Function",
    "GatewayError",
    "Integration",
    "LogStream",
    "Metrics",
    "Properties",
    "Provisioner",
    "QueueContents",
    "ResourceType",
    "Response",
    "ServiceHandler",
    "StreamCall",
    "StreamedBody",
    "TaskFailedError",
    "ThrottledError",
    "add_integration",
    "answer_when_done",
    "app",
    "call_service",
    "delete_logs_while_others_write",
    "evaluate_no_alarms",
    "execution_slot",
    "expire_items",
    "extend_functions",
    "extend_rest_apis",
    "extend_state_machines",
    "extend_versions",
    "find_function",
    "integration_failure",
    "integration_timeout",
    "keep_exports_in_use",
    "layer_packages",
    "limit_concurrency",
    "metric_alarms",
    "physical_name",
    "presigned_failure",
    "publish",
    "put_event",
    "queue_contents",
    "queue_event_invocations",
    "read_embedded_metrics",
    "record_invocation",
    "refuse_old_signatures",
    "register_resource_type",
    "register_service",
    "request_scope",
    "run_rates_by",
    "services",
    "set_request_scope",
    "take_keys_from_authorizers",
    "version",
    "write_access_logs",
]
