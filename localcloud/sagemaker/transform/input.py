"""The files of a transform job: which objects they are, and where their results go.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformS3DataSource.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.storage.objects import ObjectError, Objects, S3Uri


class InputError(Exception):
    """There is nothing to transform; the text is the job's failure reason."""


@dataclass(frozen=True)
class InputFile:
    """An object to transform.

    Attributes:
        name: name below the input, and below the output, of the file and of its result.
    """

    uri: S3Uri
    name: str


async def input_files(source: Document, session: Session, objects: Objects) -> list[InputFile]:
    """Find a job's files.

    Args:
        source: The job's `S3DataSource`.
        session: The model's role.
        objects: The store of the input.

    Raises:
        InputError: There are none.
    """
    uri = S3Uri.parse(source["S3Uri"])
    try:
        if source["S3DataType"] == "ManifestFile":
            return _manifest(await objects.get(session, uri), uri)
        keys = await objects.keys(session, uri)
    except ObjectError as error:
        raise InputError(f"ClientError: Failed to read the input {error}") from error
    if not keys:
        raise InputError(
            f'ClientError: No S3 objects found under S3 URL "{uri}" given in input data source. '
            "Please ensure that the bucket exists in the selected region and that objects exist "
            "under that S3 prefix."
        )
    return [InputFile(S3Uri(uri.bucket, key), relative_name(uri.key, key)) for key in keys]


def relative_name(prefix: str, key: str) -> str:
    """Return the part of a key repeated below the output: all after the prefix's folder."""
    if key.startswith(f"{prefix.rstrip('/')}/"):
        return key[len(prefix.rstrip("/")) + 1 :]
    return key[prefix.rfind("/") + 1 :]


def _manifest(content: bytes, uri: S3Uri) -> list[InputFile]:
    try:
        head, *names = json.loads(content)
        prefix = S3Uri.parse(head["prefix"])
        return [InputFile(S3Uri(prefix.bucket, prefix.key + name), name) for name in names]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"ClientError: {uri} is not a manifest: {error}") from error
