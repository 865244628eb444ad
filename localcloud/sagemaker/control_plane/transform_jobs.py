"""Operations on transform jobs: which job is accepted, and what became of it.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

from __future__ import annotations

import asyncio

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.awsjson.timestamps import now
from localcloud.ministack_hooks import put_event
from localcloud.sagemaker.control_plane.models_and_configs import tag
from localcloud.sagemaker.control_plane.store import Store, listing, not_found, resource_arn
from localcloud.sagemaker.instances.offers import Offers
from localcloud.sagemaker.instances.provisioning import Provisioner
from localcloud.sagemaker.storage.model_data import ModelCache
from localcloud.sagemaker.storage.objects import Objects, S3Uri
from localcloud.sagemaker.transform.job import DEFAULT_PAYLOAD_MB, TransformJob
from localcloud.sagemaker.transform.json_path import JsonPathError
from localcloud.sagemaker.transform.records import DataProcessing

MOST_MEGABYTES = 100
"""Limit of `MaxPayloadInMB`, and of its product with `MaxConcurrentTransforms`."""

_EMULATED = {
    "TransformInput.SplitType": ("None", "Line"),
    "TransformInput.DataSource.S3DataSource.S3DataType": ("S3Prefix", "ManifestFile"),
}

_JSON_TYPES = ("application/json", "application/jsonlines")


class TransformJobs:
    """Starts jobs, and remembers them."""

    def __init__(
        self,
        store: Store,
        models: ModelCache,
        objects: Objects,
        provisioner: Provisioner,
        offers: Offers,
    ) -> None:
        self._store = store
        self._models = models
        self._objects = objects
        self._provisioner = provisioner
        self._offers = offers

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "CreateTransformJob": self._create,
            "DescribeTransformJob": self._describe,
            "ListTransformJobs": self._list,
            "StopTransformJob": self._stop,
        }

    async def close(self) -> None:
        """Stop every job."""
        jobs = [job for kept in self._store.values() for job in kept.jobs.values()]
        running = [job for job in jobs if job.status in ("InProgress", "Stopping")]
        for job in running:
            job.stop()
        await asyncio.gather(*(job.ended() for job in running))

    async def _create(self, parameters: Document, scope: Scope) -> Document:
        resources = self._store[scope]
        name = parameters["TransformJobName"]
        arn = resource_arn(scope, "transform-job", name)
        if name in resources.jobs:
            raise ServiceError(
                "Job name must be unique within an AWS account and region, and a job with this "
                f"name already exists ({arn})",
                code="ResourceInUse",
            )
        model = resources.models.get(parameters["ModelName"])
        if model is None:
            raise not_found(scope, "model", parameters["ModelName"])
        _check_model(model)
        _check(parameters)
        instances = parameters["TransformResources"]
        self._offers.check_transform(instances["InstanceType"], scope.region)
        self._provisioner.check([instances["InstanceType"]], instances["InstanceCount"])
        document = {**parameters, "TransformJobArn": arn, "CreationTime": now()}
        resources.jobs[name] = TransformJob(
            document,
            model,
            scope,
            models=self._models,
            objects=self._objects,
            provisioner=self._provisioner,
            on_change=lambda job: _tell(job, scope),
        )
        tag(resources, arn, parameters)
        return {"TransformJobArn": arn}

    async def _describe(self, parameters: Document, scope: Scope) -> Document:
        return self._found(parameters, scope).document

    async def _list(self, parameters: Document, scope: Scope) -> Document:
        documents = [job.document for job in self._store[scope].jobs.values()]
        page, token = listing(documents, parameters, kind="TransformJob")
        return {"TransformJobSummaries": page, **token}

    async def _stop(self, parameters: Document, scope: Scope) -> Document:
        job = self._found(parameters, scope)
        if job.status != "InProgress":
            raise ServiceError(
                f"The request was rejected because the transform job is in status {job.status}."
            )
        job.stop()
        return {}

    def _found(self, parameters: Document, scope: Scope) -> TransformJob:
        name = parameters["TransformJobName"]
        job = self._store[scope].jobs.get(name)
        if job is None:
            raise ServiceError(f"Could not find requested job with name: {name}")
        return job


def _tell(job: TransformJob, scope: Scope) -> None:
    """Put the event that SageMaker sends on each change of a job's status.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """
    times = ("CreationTime", "TransformStartTime", "TransformEndTime")
    detail = {name: value for name, value in job.document.items() if name != "LastModifiedTime"}
    detail |= {name: int(detail[name] * 1000) for name in times if name in detail}
    put_event(
        "aws.sagemaker",
        "SageMaker Transform Job State Change",
        detail,
        [job.document["TransformJobArn"]],
        account=scope.account,
        region=scope.region,
    )


def _check_model(model: Document) -> None:
    containers = [model.get("PrimaryContainer"), *model.get("Containers", [])]
    if any("ModelDataSource" in container for container in filter(None, containers)):
        # Worded as in https://github.com/aws/sagemaker-python-sdk/issues/4777
        raise ServiceError(
            "SageMaker Batch currently doesn't support Model entity with container definitions "
            "which use ModelDataSource attribute"
        )


def _check(job: Document) -> None:
    for path, allowed in _EMULATED.items():
        value: object = job
        for name in path.split("."):
            value = value.get(name, "None") if isinstance(value, dict) else value
        if value not in allowed:
            raise ServiceError(f"not emulated: {path} {value}; emulated: {', '.join(allowed)}")
    for member in ("DataCaptureConfig", "ExperimentConfig"):
        if member in job:
            raise ServiceError(f"not emulated: {member}")
    _check_sizes(job)
    _check_processing(job)
    source = job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    for uri in (source, job["TransformOutput"]["S3OutputPath"]):
        try:
            S3Uri.parse(uri)
        except ValueError as error:
            raise ServiceError(str(error)) from error


def _check_sizes(job: Document) -> None:
    megabytes = job.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    if megabytes == 0:
        raise ServiceError("not emulated: MaxPayloadInMB 0 (chunked encoding)")
    if megabytes > MOST_MEGABYTES:
        raise ServiceError(f"MaxPayloadInMB must be at most {MOST_MEGABYTES}, got {megabytes}")
    at_once = job.get("MaxConcurrentTransforms", 1)
    if at_once * megabytes > MOST_MEGABYTES:
        raise ServiceError(
            f"MaxConcurrentTransforms * MaxPayloadInMB must be at most {MOST_MEGABYTES}, got "
            f"{at_once} * {megabytes}"
        )


def _check_processing(job: Document) -> None:
    try:
        processing = DataProcessing(job.get("DataProcessing", {}))
    except JsonPathError as error:
        raise ServiceError(f"DataProcessing: {error}") from error
    types = (job["TransformInput"].get("ContentType"), job["TransformOutput"].get("Accept"))
    if processing.changes_records and not all(_is_json(one) for one in types):
        raise ServiceError(
            f"not emulated: DataProcessing with ContentType {types[0]} and Accept {types[1]}; "
            f"emulated: {', '.join(_JSON_TYPES)}"
        )


def _is_json(content_type: str | None) -> bool:
    return (content_type or "").partition(";")[0].strip().lower() in _JSON_TYPES
