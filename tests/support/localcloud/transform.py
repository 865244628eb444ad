"""Transform jobs on a local cloud, as a client of SageMaker runs them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

from tests.support.eventually import poll
from tests.support.localcloud.cloud import ROLE
from tests.support.localcloud.deployment import IMAGE, Deployment, unique


class Transform:
    """A model and a bucket of a test's own."""

    def __init__(self, deployment: Deployment) -> None:
        self.cloud = deployment.cloud
        self.sagemaker = deployment.sagemaker
        self.s3 = self.cloud.client("s3")
        self.bucket = unique("batch")
        self.alias = unique("alias")
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_object(
            Bucket=self.bucket, Key="model.tar.gz", Body=packed(deployment.model_file.read_bytes())
        )
        self.model = unique("model")
        self.sagemaker.create_model(
            ModelName=self.model,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataUrl": f"s3://{self.bucket}/model.tar.gz",
                "Environment": {"SM_LLAMA_CPP_CTX_SIZE": "4000"},
            },
        )

    def put(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            self.s3.put_object(Bucket=self.bucket, Key=f"input/{name}", Body=content)

    def parameters(self, **changes: Any) -> dict[str, Any]:
        """A job that joins each line with its answer; a change of `None` leaves a member out."""
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/input/"}
        parameters = {
            "TransformJobName": unique("job"),
            "ModelName": self.model,
            "BatchStrategy": "SingleRecord",
            "MaxConcurrentTransforms": 4,
            "MaxPayloadInMB": 1,
            "Environment": {"SM_LLAMA_CPP_ALIAS": self.alias},
            "ModelClientConfig": {"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 3},
            "TransformInput": {
                "DataSource": {"S3DataSource": source},
                "ContentType": "application/json",
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": f"s3://{self.bucket}/output",
                "Accept": "application/json",
                "AssembleWith": "Line",
            },
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            "DataProcessing": {
                "InputFilter": "$.request",
                "JoinSource": "Input",
                "OutputFilter": "$['id','SageMakerOutput']",
            },
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def start(self, **changes: Any) -> str:
        parameters = self.parameters(**changes)
        self.sagemaker.create_transform_job(**parameters)
        return str(parameters["TransformJobName"])

    def run(self, **changes: Any) -> dict[str, Any]:
        return self.ended(self.start(**changes))

    def ended(self, name: str) -> dict[str, Any]:
        return poll(
            lambda: dict(self.sagemaker.describe_transform_job(TransformJobName=name)),
            lambda found: found["TransformJobStatus"] not in ("InProgress", "Stopping"),
        )

    def outputs(self) -> dict[str, list[dict[str, Any]]]:
        """Lines of each output file."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="output/").get("Contents", [])
        return {
            entry["Key"].removeprefix("output/"): [
                json.loads(line)
                for line in self.s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"]
                .read()
                .splitlines()
            ]
            for entry in found
        }


def packed(model: bytes) -> bytes:
    """A `model.tar.gz`."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        member = tarfile.TarInfo("weights/model.gguf")
        member.size = len(model)
        tar.addfile(member, io.BytesIO(model))
    return archive.getvalue()


def line(identifier: object, tokens: int = 4, **changes: Any) -> bytes:
    """A shard's line."""
    messages = [{"role": "user", "content": "abc"}]
    chat = {"messages": messages, "max_tokens": tokens, "ignore_eos": True, **changes}
    return json.dumps({"id": identifier, "request": chat}).encode() + b"\n"


def lines(prefix: str, count: int, tokens: int = 4) -> bytes:
    return b"".join(line(f"{prefix}-{number}", tokens) for number in range(count))
