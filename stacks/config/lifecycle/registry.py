"""The [registry] section: the group of a model's versions, one for all stages of a project."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from stacks.config.section import Section

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]

GroupName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-+[a-z0-9]+)*$", max_length=63)]
"""A name in lower case: the ARN of a version has it so anyway, and policies name ARNs.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackageGroup.html
"""


class RegistryConfig(Section):
    """[registry]: the versions of a model; the same in every stage of a project.

    Attributes:
        group: name of the model package group; left out, the project's. Sets
            AWS::SageMaker::ModelPackageGroup.ModelPackageGroupName.
        account: account that has the registry; left out, the stage's own. Sets the names of bucket
            and group.
        share_with: accounts whose stages may read versions and weights, and never write. Sets
            AWS::SageMaker::ModelPackageGroup.ModelPackageGroupPolicy and
            AWS::S3::BucketPolicy.PolicyDocument.
        approve_first: register model.artifacts as version 1, approved, in a group without versions.
            Sets the first value of the stage's parameter.
    """

    group: GroupName | None = None
    account: AccountId | None = None
    share_with: Annotated[list[AccountId], Field(max_length=50)] = Field(default_factory=list)
    approve_first: bool = False
