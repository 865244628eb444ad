"""S3: presigned URLs, of which ministack takes those that S3 no longer does.

The region, the host and the signature of a URL in today's version it checks itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ministack.core.responses import error_response_xml
from ministack.services import s3

from localcloud.ministack_hooks.patching import Untyped, wrap


def refuse_old_signatures() -> None:
    """Refuse presigned URLs of signature version 2, as S3 does for buckets made since 2020.

    https://aws.amazon.com/blogs/aws/amazon-s3-update-sigv2-deprecation-period-extended-modified/
    """
    wrap(s3, "handle_request", _handle)


async def _handle(
    original: Callable[..., Awaitable[Untyped]],
    method: str,
    path: str,
    headers: Untyped,
    body: Untyped,
    query: Untyped,
    *args: Untyped,
    **more: Untyped,
) -> Untyped:
    if "AWSAccessKeyId" in query and "Signature" in query:
        text = (
            "The authorization mechanism you have provided is not supported. "
            "Please use AWS4-HMAC-SHA256."
        )
        return error_response_xml("InvalidRequest", text, 400)
    return await original(method, path, headers, body, query, *args, **more)
