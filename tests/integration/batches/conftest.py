"""The service over the local cloud's S3, and batches that run as on AWS."""

from collections.abc import Iterator

import boto3
import pytest
from batch_machine import StateMachine

from lambda_api.batch_run import BatchRuns
from lambda_api.main import create_app
from lambda_api.s3_store import S3Store
from lambda_api.settings import Settings
from localcloud.settings import Settings as CloudSettings
from tests.integration.serving import served
from tests.localcloud import cloud as local

BUCKET = "batches"


@pytest.fixture(scope="session")
def storage(tmp_path_factory) -> Iterator[S3Store]:
    """A bucket of the local cloud."""
    cloud = local.start(
        CloudSettings(port=local.free_port(), data_dir=tmp_path_factory.mktemp("cloud"))
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL_S3", cloud.settings.origin)
        environment.setenv("AWS_ACCESS_KEY_ID", cloud.settings.account)
        environment.setenv("AWS_SECRET_ACCESS_KEY", "local")
        environment.setenv("AWS_DEFAULT_REGION", cloud.settings.region)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield S3Store.connect(BUCKET)
    local.stop(cloud)


@pytest.fixture
def machine(storage) -> Iterator[StateMachine]:
    settings = Settings(
        stage="local",
        endpoint_name="twin-local",
        model_id="twin",
        engine="vllm",
        batch_bucket=BUCKET,
        batch_lines_per_shard=4,
        batch_instance_count=2,
    )
    machine = StateMachine(BatchRuns(storage, settings))
    yield machine
    machine.may_run.set()
    machine.join()


@pytest.fixture
def batch_url(machine, storage) -> Iterator[str]:
    app = create_app(machine.runs.settings, object(), batch_store=storage, executions=machine)
    with served(app) as url:
        yield f"{url}/v1"
