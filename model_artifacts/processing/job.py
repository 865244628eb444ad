"""The request for a processing job that quantizes a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_INPUT = "/opt/ml/processing/input"
_OUTPUT = "/opt/ml/processing/output"


@dataclass(frozen=True, kw_only=True)
class QuantizationJob:
    """A processing job of one instance.

    Attributes:
        name: at most 63 letters, digits and dashes.
        image: address of the container.
        instance_type: has a GPU.
        role: ARN; SageMaker reads and writes the bucket, pulls the image and logs in its name.
        model: s3:// prefix of the checkpoint.
        program: s3:// prefix of `w4a16.py` and `calibration.txt`.
        output: s3:// prefix of the quantized checkpoint.
        volume_gb: GB for the checkpoint, the quantized one and the libraries.
        hours: after which the job is stopped.
    """

    name: str
    image: str
    instance_type: str
    role: str
    model: str
    program: str
    output: str
    volume_gb: int = 100
    hours: int = 8

    def request(self) -> dict[str, Any]:
        """Return the parameters of CreateProcessingJob.

        The job has a network: it installs llm-compressor. The script comes beside the model, not in
        an image, so that none has to be built.
        """
        program = [f"{_INPUT}/program/w4a16.py", "--model", f"{_INPUT}/model"]
        return {
            "ProcessingJobName": self.name,
            "RoleArn": self.role,
            "AppSpecification": {
                "ImageUri": self.image,
                "ContainerEntrypoint": ["python3", *program],
                "ContainerArguments": [
                    *("--text", f"{_INPUT}/program/calibration.txt"),
                    *("--out", _OUTPUT),
                ],
            },
            "ProcessingInputs": [_input("model", self.model), _input("program", self.program)],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "model",
                        "S3Output": {
                            "S3Uri": self.output,
                            "LocalPath": _OUTPUT,
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": self.instance_type,
                    "VolumeSizeInGB": self.volume_gb,
                }
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": self.hours * 3600},
        }


def _input(name: str, uri: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{_INPUT}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }
