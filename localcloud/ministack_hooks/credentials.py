"""Signatures of requests, checked with the secrets that ministack knows."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from ministack.core import iam_evaluator, sigv4
from ministack.core.responses import get_account_id
from ministack.services import s3


def presigned_failure(
    method: str, path: str, headers: Mapping[str, str], query: Mapping[str, list[str]]
) -> str:
    """Say what is wrong with a presigned URL (signature version 4); empty where nothing is.

    Args:
        method: For example `POST`.
        path: The path.
        headers: The headers that may be signed, names in lower case.
        query: The parameters.
    """
    given = {name: values[0] for name, values in query.items()}
    try:
        key, date, region, service, _ = given["X-Amz-Credential"].split("/")
        at, expires = given["X-Amz-Date"], given["X-Amz-Expires"]
        signed, signature = given["X-Amz-SignedHeaders"], given["X-Amz-Signature"]
        if sigv4.presigned_request_is_expired(at, expires):
            return "the token has expired"
    except (KeyError, ValueError):
        return "the token is not a presigned URL"
    token = given.get("X-Amz-Security-Token", "")
    account = s3.find_iam_access_key_account(key) or get_account_id()
    credential = iam_evaluator.resolve_credential(key, account, token)
    if not isinstance(credential, iam_evaluator.ResolvedCredential):
        return "the token's credentials are not valid"
    nothing = sha256(b"").hexdigest()
    request = sigv4.build_canonical_request(
        method, path, headers, query, signed, payload_hash=nothing
    )
    text = sigv4.build_string_to_sign(at, date, region, service, request)
    computed = sigv4.calculate_signature(credential.secret_access_key, date, region, service, text)
    matches = sigv4.signatures_match(computed, signature)
    return "" if matches else "the token's signature does not match"
