"""The serving stack: least privilege, safe updates, and scaling on concurrency."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.synthesized import Synthesized

VARIANT = "g6e-xlarge"


def statements(stage: Synthesized) -> list[dict[str, object]]:
    policies = stage.serving.properties("AWS::IAM::Policy")
    return [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]


def test_artifact_bucket_is_private_versioned_encrypted_and_kept(stage: Synthesized) -> None:
    bucket = stage.serving.only("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketEncryption" in bucket
    (resource,) = [
        r for r in stage.serving.raw["Resources"].values() if r["Type"] == "AWS::S3::Bucket"
    ]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"


def test_artifact_bucket_refuses_plain_http(stage: Synthesized) -> None:
    (document,) = [p["PolicyDocument"] for p in stage.serving.properties("AWS::S3::BucketPolicy")]
    denials = [s["Condition"] for s in document["Statement"] if s["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denials


def test_model_and_endpoint_config_have_no_physical_name(stage: Synthesized) -> None:
    assert "ModelName" not in stage.serving.only("AWS::SageMaker::Model")
    assert "EndpointConfigName" not in stage.serving.only("AWS::SageMaker::EndpointConfig")


def test_endpoint_has_the_name_the_stage_gives_it(prod: Synthesized) -> None:
    assert prod.serving.only("AWS::SageMaker::Endpoint")["EndpointName"] == "twin-prod"


def test_production_variant_is_what_config_says(prod: Synthesized) -> None:
    (variant,) = prod.serving.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert {key: value for key, value in variant.items() if key != "ModelName"} == {
        "VariantName": VARIANT,
        "InstanceType": "ml.g6e.xlarge",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1,
        "InferenceAmiVersion": "al2023-ami-sagemaker-inference-gpu-4-1",
        "ContainerStartupHealthCheckTimeoutInSeconds": 1200,
        "ModelDataDownloadTimeoutInSeconds": 1200,
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    }


def test_cpu_variant_has_no_gpu_host_image(local: Synthesized) -> None:
    (variant,) = local.serving.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert "InferenceAmiVersion" not in variant


def test_image_comes_from_the_account_of_the_region_deployed_to(prod: Synthesized) -> None:
    image = prod.serving.only("AWS::SageMaker::Model")["PrimaryContainer"]["Image"]["Fn::Join"][1]
    assert image[0]["Fn::FindInMap"][1:] == [{"Ref": "AWS::Region"}, "account"]
    assert image[-1] == "/vllm:0.30.0-gpu-py312-cu130-ubuntu24.04-sagemaker"
    (accounts,) = prod.serving.raw["Mappings"].values()
    assert accounts["eu-west-1"] == {"account": "763104351884"}
    assert accounts["af-south-1"] == {"account": "626614931356"}


def test_a_container_reaches_the_network_only_to_download_from_the_hub(
    local: Synthesized, prod: Synthesized
) -> None:
    assert local.serving.only("AWS::SageMaker::Model")["EnableNetworkIsolation"] is True
    assert prod.serving.only("AWS::SageMaker::Model")["EnableNetworkIsolation"] is False


def test_canary_waits_and_rolls_back_on_two_alarms(prod: Synthesized) -> None:
    deployment = prod.serving.only("AWS::SageMaker::Endpoint")["DeploymentConfig"]
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing == {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 300,
    }
    assert len(deployment["AutoRollbackConfiguration"]["Alarms"]) == 2
    watched = {
        alarm["MetricName"]: alarm for alarm in prod.serving.properties("AWS::CloudWatch::Alarm")
    }
    assert set(watched) == {"Invocation5XXErrors", "FirstChunkModelLatency"}
    for alarm in watched.values():
        assert alarm["TreatMissingData"] == "notBreaching"
        assert {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == {
            "EndpointName": "twin-prod",
            "VariantName": VARIANT,
        }


def test_rolling_replaces_batches_watched_by_the_same_alarms(registered: Synthesized) -> None:
    deployment = registered.serving.only("AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert deployment.keys() == {"RollingUpdatePolicy", "AutoRollbackConfiguration"}
    assert deployment["RollingUpdatePolicy"] == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        "RollbackMaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        "WaitIntervalInSeconds": 300,
    }
    assert len(deployment["AutoRollbackConfiguration"]["Alarms"]) == 2


def test_a_deploy_keeps_the_instance_count_that_autoscaling_found(stage: Synthesized) -> None:
    endpoint = stage.serving.only("AWS::SageMaker::Endpoint")
    excluded = {p["VariantPropertyType"] for p in endpoint["ExcludeRetainedVariantProperties"]}
    assert endpoint["RetainAllVariantProperties"] is True
    assert "DesiredInstanceCount" not in excluded


def test_instances_follow_the_high_resolution_concurrency(prod: Synthesized) -> None:
    target = prod.serving.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert target["ResourceId"]["Fn::Join"][1][-1] == f"variant/{VARIANT}"
    assert "RoleARN" not in target
    policy = prod.serving.only("AWS::ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 32
    assert tracking["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    }


def test_another_instance_type_is_another_variant(
    prod: Synthesized, synthesize: Callable[..., Synthesized]
) -> None:
    other = synthesize("prod", realtime={"instance_type": "ml.g6.12xlarge"})
    (variant,) = other.serving.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["VariantName"] == "g6-12xlarge"
    environment = other.serving.only("AWS::SageMaker::Model")["PrimaryContainer"]["Environment"]
    assert environment["SM_VLLM_TENSOR_PARALLEL_SIZE"] == "4"


def test_weights_from_s3_are_read_from_that_prefix_alone(
    synthesize: Callable[..., Synthesized],
) -> None:
    staged = synthesize("prod", model={"hub": None, "s3": "s3://weights/twin/v1/"})
    read = [s for s in statements(staged) if s["Action"] == "s3:GetObject"]
    assert [s["Resource"]["Fn::Join"][1][-1] for s in read] == [":s3:::weights/twin/v1/*"]
    source = staged.serving.only("AWS::SageMaker::Model")["PrimaryContainer"]["ModelDataSource"]
    assert source["S3DataSource"]["S3Uri"] == "s3://weights/twin/v1/"


def test_captured_data_goes_to_the_artifact_bucket(
    synthesize: Callable[..., Synthesized], prod: Synthesized
) -> None:
    assert "DataCaptureConfig" not in prod.serving.only("AWS::SageMaker::EndpointConfig")
    capturing = synthesize("prod", realtime={"data_capture_percent": 10})
    capture = capturing.serving.only("AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert capture["InitialSamplingPercentage"] == 10
    assert [s for s in statements(capturing) if s["Action"] == "s3:PutObject"]


def test_outputs_name_what_a_person_needs(stage: Synthesized) -> None:
    assert {"EndpointName", "ArtifactBucketName"} <= set(stage.serving.outputs)


def test_captured_prompts_expire_and_weights_do_not(stage: Synthesized) -> None:
    (bucket,) = stage.serving.resources("AWS::S3::Bucket").values()
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {r.get("Prefix"): r["ExpirationInDays"] for r in rules if "ExpirationInDays" in r}
    assert days == {"captured/": 30}
