"""State machines in their roles: checked when they are created, and at each task."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ministack.services import lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

from localcloud.ministack_hooks.iam.requests import Parameters
from localcloud.ministack_hooks.iam.sessions import AccessDeniedError, Session, trusts
from localcloud.ministack_hooks.patching import Untyped, wrap
from localcloud.ministack_hooks.stepfunctions import running_execution

LOG_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
"""https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"""

RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
"""Actions on the managed rule that tells of a job's end.
https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html"""

RULES = {"sagemaker:createTransformJob.sync": "StepFunctionsGetEventsForSageMakerTransformJobsRule"}


def check_state_machines() -> None:
    """Check the role when a machine is created, and at each task."""
    wrap(stepfunctions, "_invoke_resource", _invoke)
    wrap(stepfunctions, "_create_state_machine", _create)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::StepFunctions::StateMachine"]
    for name in ("create", "update"):
        handlers[name] = _checked(handlers[name])


def execution_session() -> Session | None:
    """Return the session of the execution whose task runs here."""
    execution = running_execution()
    machine = execution and stepfunctions._state_machines.get(execution["stateMachineArn"])
    if not execution or not machine:
        return None
    region = execution["stateMachineArn"].split(":")[3]
    return Session(machine["roleArn"], execution["name"], region)


def _invoke(original: Callable[..., Untyped], resource: str, parameters: Untyped) -> Untyped:
    session = execution_session()
    if session is not None:
        try:
            for action, arn in _needed(resource, parameters):
                session.require(action, arn)
        except AccessDeniedError as error:
            kind = "Lambda" if "lambda" in resource else "States"
            code = f"{kind}.AWSLambdaException" if kind == "Lambda" else "States.TaskFailed"
            raise stepfunctions._ExecutionError(code, str(error)) from error
    return original(resource, parameters)


def _needed(resource: str, parameters: Parameters) -> Iterator[tuple[str, str]]:
    """Yield the actions and resources of a task; some integrations ask by themselves."""
    if "lambda:invoke" in resource or ":function:" in resource:
        reference = resource if ":function:" in resource else parameters["FunctionName"]
        _, config, _ = lambda_svc._get_func_record_for_ref(reference)
        if config:
            yield "lambda:InvokeFunction", config["FunctionArn"]
    elif "aws-sdk:" in resource and "aws-sdk:sagemaker:" not in resource:
        service, operation = resource.split(":")[-2:]
        yield f"{service}:{operation[0].upper()}{operation[1:]}", "*"


def _create(original: Callable[..., Untyped], data: Untyped) -> Untyped:
    if "roleArn" in data:
        try:
            _check_role(data["roleArn"], data.get("definition"), data.get("loggingConfiguration"))
        except AccessDeniedError as error:
            return stepfunctions.error_response_json("AccessDeniedException", str(error), 400)
    return original(data)


def _checked(provision: Callable[..., Untyped]) -> Callable[..., Untyped]:
    def check(*args: Untyped) -> Untyped:
        properties = args[2] if isinstance(args[2], dict) else args[1]
        definition = provisioners._sfn_definition(properties)
        _check_role(properties["RoleArn"], definition, properties.get("LoggingConfiguration"))
        return provision(*args)

    return check


def _check_role(role: str, definition: str | None, logging: Untyped) -> None:
    """Check the role as `CreateStateMachine` does.

    Raises:
        AccessDeniedError: The role lacks something.
    """
    session = Session(role, "CreateStateMachine", stepfunctions.get_region())
    scope = f"{session.region}:{session.account}"
    if not trusts(role, "states.amazonaws.com", f"arn:aws:states:{scope}:stateMachine:any"):
        raise AccessDeniedError(
            "Neither the global service principal states.amazonaws.com, nor the regional one is "
            "authorized to assume the provided role."
        )
    level = {name.lower(): value for name, value in (logging or {}).items()}.get("level", "OFF")
    if level != "OFF" and not all(session.may(action, "*") for action in LOG_ACTIONS):
        raise AccessDeniedError(
            "The state machine IAM Role is not authorized to access the Log Destination"
        )
    for task, rule in RULES.items():
        arn = f"arn:aws:events:{scope}:rule/{rule}"
        if task in (definition or "") and not all(session.may(one, arn) for one in RULE_ACTIONS):
            raise AccessDeniedError(f"'{role}' is not authorized to create managed-rule.")
