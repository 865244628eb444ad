"""SageMaker on this machine: its control plane, its runtime, and engines behind endpoints.

Decisions: 0040, one event loop owns the state; 0041, the runtime maps the container's paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from functools import cache, partial
from typing import Any

import boto3

from localcloud import applicationautoscaling
from localcloud.awsjson.rate_limit import RateLimit
from localcloud.awsjson.service import JsonService, Worker
from localcloud.clock import Clock
from localcloud.ministack_hooks import register_service
from localcloud.ministack_hooks.iam import Session
from localcloud.promql import SeriesStore
from localcloud.quotas import Quotas
from localcloud.sagemaker.control_plane import cloudformation, stepfunctions
from localcloud.sagemaker.control_plane.endpoints import Endpoints
from localcloud.sagemaker.control_plane.inference_components import InferenceComponents
from localcloud.sagemaker.control_plane.model_package_groups import ModelPackageGroups
from localcloud.sagemaker.control_plane.model_packages import ModelPackages
from localcloud.sagemaker.control_plane.models_and_configs import ModelsAndConfigs
from localcloud.sagemaker.control_plane.registry_types import register_registry_types
from localcloud.sagemaker.control_plane.scalable_capacity import ScaledCapacities
from localcloud.sagemaker.control_plane.store import Store
from localcloud.sagemaker.control_plane.transform_jobs import TransformJobs
from localcloud.sagemaker.instances.offers import Offers
from localcloud.sagemaker.instances.provisioning import Provisioner
from localcloud.sagemaker.openai_path import OpenAIPath
from localcloud.sagemaker.runtime import Runtime
from localcloud.sagemaker.storage.model_data import ModelCache
from localcloud.sagemaker.storage.objects import Objects
from localcloud.sagemaker.telemetry.cloudwatch import MetricsPublisher
from localcloud.sagemaker.telemetry.container_metrics import Collector, scrape_targets
from localcloud.settings import Settings


class SageMaker:
    """The services as they run; close it to stop every engine.

    Attributes:
        control_plane: the operations of `sagemaker`.
        runtime_app: ASGI application for the runtime's paths; set the request's scope before a
            call.
        openai_app: ASGI application for the OpenAI path.
        series: samples collected from the containers.
    """

    def __init__(
        self,
        control_plane: JsonService,
        endpoints: Endpoints,
        components: InferenceComponents,
        jobs: TransformJobs,
        series: SeriesStore,
        background: Sequence[Future[None]],
        runtime: Runtime,
    ) -> None:
        self.control_plane = control_plane
        self.runtime_app = runtime
        self.openai_app = OpenAIPath(runtime)
        self.series = series
        self._endpoints = endpoints
        self._components = components
        self._jobs = jobs
        self._background = background

    def close(self) -> None:
        """Stop every engine process. Blocks for as long as they need to exit."""
        worker = self.control_plane.worker
        for running in self._background:
            running.cancel()
        worker.call(self._jobs.close())
        worker.call(self._endpoints.close())
        worker.call(self._components.close())
        worker.stop()


def install(settings: Settings, clock: Clock, quotas: Quotas) -> SageMaker:
    """Add SageMaker and Application Auto Scaling to the ministack of this process.

    Args:
        settings: The local cloud's.
        clock: The time of metrics and scaling.
        quotas: The account's.
    """
    worker = Worker("sagemaker")
    targets = applicationautoscaling.install(worker)
    store = Store()
    clients = _s3_clients(settings.origin)
    models = ModelCache(settings.work_dir / "models", clients)
    objects = Objects(clients)
    offers = Offers.read(settings.instance_type_offers)
    unavailable = settings.unavailable_types
    provisioner = Provisioner(clock, settings.provisioning_seconds, unavailable, quotas=quotas)
    for_jobs = Provisioner(clock, usage="transform job", quotas=quotas)
    silent = settings.silent_rollbacks
    endpoints = Endpoints(store, models, objects, targets, provisioner, silent_rollbacks=silent)
    components = InferenceComponents(store, models, targets, provisioner)
    jobs = TransformJobs(store, models, objects, for_jobs, offers)
    operations = {
        **ModelsAndConfigs(store, offers).operations(),
        **ModelPackageGroups(store).operations(),
        **ModelPackages(store, duplicate_events=settings.duplicate_events).operations(),
        **endpoints.operations(),
        **components.operations(),
        **jobs.operations(),
    }
    rate = RateLimit(quotas.sagemaker.requests_per_second)
    service = JsonService("sagemaker", operations, worker, rate)
    register_service(
        "sagemaker",
        target_prefix="SageMaker.",
        host_pattern=r"^api\.sagemaker\.",
        handle=service.handle,
    )
    cloudformation.register(service, endpoints, components)
    register_registry_types(service)
    stepfunctions.register(service)
    capacities = ScaledCapacities(endpoints, components)
    driver = applicationautoscaling.Driver(targets, capacities, clock)
    series = SeriesStore(clock)
    collector = Collector(partial(scrape_targets, store), series, clock)
    running = (MetricsPublisher(store, clock).run(), driver.run(), collector.run())
    background = [worker.spawn(work) for work in running]
    runtime = Runtime(endpoints, components, objects, settings.invocation_seconds)
    return SageMaker(service, endpoints, components, jobs, series, background, runtime)


def _s3_clients(origin: str) -> Any:  # noqa: ANN401 - boto3's clients are generated
    session = boto3.session.Session()

    @cache
    def client(role: Session) -> Any:  # noqa: ANN401 - boto3's clients are generated
        credentials = role.credentials
        return session.client(
            "s3",
            endpoint_url=origin,
            region_name=role.region,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        )

    return client
