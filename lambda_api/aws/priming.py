"""The first call of a client, made before the first caller, without any network.

botocore reads its endpoint rules, signs and parses with parts that it loads when first needed. In a
function with a third of a core that takes a tenth of a second, which init has a whole core for:
docs/decisions/0161-the-client-is-primed-at-init.md.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zlib import crc32

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from urllib3 import HTTPResponse

if TYPE_CHECKING:
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

_EVENT = "before-send.sagemaker-runtime.InvokeEndpointWithResponseStream"
_HEADERS = {
    ":event-type": "PayloadPart",
    ":content-type": "application/octet-stream",
    ":message-type": "event",
}


def prime(client: SageMakerRuntimeClient, call: Mapping[str, Any]) -> None:
    """Make a call that botocore answers by itself, so that the next call is quick.

    Args:
        client: The client to prime; it sends nothing.
        call: Arguments of the call, without a body.

    Raises:
        BotoCoreError: The client has no credentials or no region.
    """

    def answer(**_event: Any) -> Any:  # noqa: ANN401  the stubs know no answers of handlers
        raw = HTTPResponse(BytesIO(_frame(b"data: [DONE]\n\n")), preload_content=False)
        return AWSResponse("", 200, HTTPHeaders(), raw)

    client.meta.events.register_first(_EVENT, answer)
    try:
        response = client.invoke_endpoint_with_response_stream(Body=b"{}", **call)
        for _part in response["Body"]:
            pass
    finally:
        client.meta.events.unregister(_EVENT, answer)


def _frame(payload: bytes) -> bytes:
    """One message: smithy.io/2.0/aws/amazon-eventstream.html."""
    headers = b"".join(
        struct.pack(f"!B{len(name)}sBH{len(value)}s", len(name), name, 7, len(value), value)
        for name, value in ((n.encode(), v.encode()) for n, v in _HEADERS.items())
    )
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack("!I", crc32(prelude)) + headers + payload
    return message + struct.pack("!I", crc32(message))
