"""The index of S3 Vectors that holds the chunks of stores too large for a function's memory."""

from __future__ import annotations

import hashlib
from typing import Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3vectors as s3vectors
from constructs import Construct

from stacks.config import RetrievalConfig
from stacks.constructs.function.embedder import WEIGHTS_DIGEST

UNFILTERABLE: Final = ("text", "context")
"""Keys of metadata that no filter reads: text there is not counted among 2 KB. They cannot be named
later. A test holds them to `features.aws.s3_vectors`."""

_MINILM_DIMENSION = 384
_DIGITS = 12


class VectorIndex(Construct):
    """A vector bucket with an index for all stores of an embedder.

    Its contents are made again from the records: they go with the stack.

    Attributes:
        arn: ARN of the index.

    docs/decisions/0197-a-version-of-a-document-has-keys-of-its-own.md
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: RetrievalConfig) -> None:
        super().__init__(scope, construct_id)
        bucket = s3vectors.CfnVectorBucket(self, "Bucket")
        name, dimension = _embedder(config)
        index = s3vectors.CfnIndex(
            self,
            "Index",
            vector_bucket_arn=bucket.attr_vector_bucket_arn,
            # Nothing but tags can be changed: another embedder has an index of another name.
            index_name=name,
            data_type="float32",
            dimension=dimension,
            distance_metric="cosine",
            metadata_configuration=s3vectors.CfnIndex.MetadataConfigurationProperty(
                non_filterable_metadata_keys=list(UNFILTERABLE)
            ),
        )
        self.arn = index.attr_index_arn

    def grant_write(self, role: iam.IRole) -> None:
        """Let a role put and delete vectors."""
        self._grant(role, "s3vectors:PutVectors", "s3vectors:DeleteVectors")

    def grant_query(self, role: iam.IRole) -> None:
        """Let a role search; filters and metadata need GetVectors beside QueryVectors."""
        self._grant(role, "s3vectors:QueryVectors", "s3vectors:GetVectors")

    def _grant(self, role: iam.IRole, *actions: str) -> None:
        statement = iam.PolicyStatement(actions=list(actions), resources=[self.arn])
        role.add_to_principal_policy(statement)


def _embedder(config: RetrievalConfig) -> tuple[str, int]:
    """Return the embedder's name with a digest, and the numbers in its vectors."""
    if config.embedder == "minilm":
        return f"minilm-{WEIGHTS_DIGEST[:_DIGITS]}", _MINILM_DIMENSION
    told = f"{config.embedder}:{config.embedder_model}/{config.embedder_dimension}"
    digest = hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]
    return f"{config.embedder}-{digest}", config.embedder_dimension or 0
