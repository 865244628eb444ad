"""Grants whose need only AWS can show, or only an hour: no scenario does what they allow."""

from __future__ import annotations

import re

from tests.least_privilege.statements import Grant

_SAGEMAKER = "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html"

MARKS = {
    r"xray:.*": "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html",
    r"ecr:.*": _SAGEMAKER,
    r"kms:.*": "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
    r"logs:DescribeLogStreams": _SAGEMAKER,
    r"s3:AbortMultipartUpload": (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuAndPermissions.html"
    ),
    # Application Auto Scaling looks at the config of the endpoint that its caller registers.
    r"sagemaker:DescribeEndpointConfig": (
        "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html"
    ),
}
"""Pattern of an action -> AWS's page."""

ROLE_MARKS = {
    (r"\w+ ModelExecutionRole", r"cloudwatch:PutMetricData"): _SAGEMAKER,
    # Asked about a batch that has been open for an hour: tests/unit/lambda_api/batches/steps/.
    (r"batch SweepRuntimeRole", r"states:DescribeExecution"): (
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html"
    ),
    # Of what nobody has needed for an hour: tests/unit/features/ingestion/test_publisher.py.
    (r"retrieval IngestionPublishRuntimeRole", r"s3:DeleteObject"): (
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html"
    ),
    # Of messages that failed: tests/integration/test_features_functions.py.
    (r"retrieval Ingestion(Document|Publish)RuntimeRole", r"sqs:ChangeMessageVisibility"): (
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"
    ),
    # Application Auto Scaling takes the alarms of target tracking away with a policy.
    (r"\w+ EndpointHandoverFunctionRuntimeRole", r"cloudwatch:DeleteAlarms"): (
        "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html"
    ),
    # Asked where no quota is applied: tests/localcloud/doctor/test_examination.py.
    (r"ci Deploy", r"servicequotas:ListAWSDefaultServiceQuotas"): (
        "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListAWSDefaultServiceQuotas.html"
    ),
    # CloudFormation reads a template's parameters of Parameter Store for whoever updates the stack.
    (r"rollout StepsRuntimeRole", r"ssm:GetParameters"): (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html"
    ),
    (r"async ModelExecutionRole", r"s3:ListBucket"): (
        "https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-create-endpoint-prerequisites.html"
    ),
}
"""Patterns of a role, after its stack, and of an action -> AWS's page."""


def page_of(grant: Grant) -> str | None:
    """Return AWS's page on a grant that only AWS can show the need of."""
    for pattern, page in MARKS.items():
        if re.fullmatch(pattern, grant.action):
            return page
    for (role, action), page in ROLE_MARKS.items():
        if re.fullmatch(role, grant.holder) and re.fullmatch(action, grant.action):
            return page
    return None
