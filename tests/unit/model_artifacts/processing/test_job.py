from __future__ import annotations

import botocore.session
from botocore.validate import ParamValidator

from model_artifacts.processing.job import QuantizationJob

JOB = QuantizationJob(
    name="w4a16-0a1b",
    image="763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:0.30.0",
    instance_type="ml.g5.2xlarge",
    role="arn:aws:iam::111122223333:role/quantizes",
    model="s3://bucket/models/0a1b/",
    program="s3://bucket/quantization/w4a16-0a1b/program/",
    output="s3://bucket/quantization/w4a16-0a1b/model/",
)


def test_request_is_one_that_sagemaker_takes() -> None:
    service = botocore.session.get_session().get_service_model("sagemaker")
    operation = service.operation_model("CreateProcessingJob")
    report = ParamValidator().validate(JOB.request(), operation.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_the_script_finds_what_the_job_brings() -> None:
    request = JOB.request()
    brought = {
        one["S3Input"]["LocalPath"]: one["S3Input"]["S3Uri"] for one in request["ProcessingInputs"]
    }
    command = request["AppSpecification"]["ContainerEntrypoint"]
    arguments = request["AppSpecification"]["ContainerArguments"]
    assert command[1] == "/opt/ml/processing/input/program/w4a16.py"
    assert brought["/opt/ml/processing/input/program"] == JOB.program
    assert brought[command[3]] == JOB.model
    (output,) = request["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["LocalPath"] == arguments[3]
    assert output["S3Output"]["S3Uri"] == JOB.output
