"""Names of vector buckets and indexes.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-buckets-naming.html
"""

from __future__ import annotations

import re

from localcloud.awsjson.service import ServiceError

_PATTERNS = {
    "vectorBucketName": re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"),
    "indexName": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
}


def check_name(member: str, name: str) -> None:
    """Refuse a name that is none.

    Raises:
        ServiceError: Its characters or its length are others.
    """
    if not _PATTERNS[member].fullmatch(name):
        raise ServiceError(
            f"Invalid {member} {name!r}: 3 to 63 characters of a-z, 0-9 and -, "
            "and a letter or digit at both ends"
        )
