"""A function behind the Lambda Web Adapter, as ministack's hooks describe one."""

from __future__ import annotations

from localcloud.ministack_hooks import Function
from localcloud.ministack_hooks.iam import Session
from tests.support.localcloud.streaming_api import LAYER

FUNCTION = Function(
    arn="arn:aws:lambda:us-east-1:000000000042:function:chat",
    name="chat",
    version="$LATEST",
    account="000000000042",
    region="us-east-1",
    handler="run.sh",
    runtime="python3.13",
    timeout=20,
    memory=1024,
    environment={
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
        "AWS_LWA_INVOKE_MODE": "response_stream",
    },
    layers=(LAYER,),
    log_group="/aws/lambda/chat",
    code=b"",
    code_digest="",
    session=Session("arn:aws:iam::000000000042:role/Function", "chat", "us-east-1"),
    _config={},
    _unversioned={},
)
