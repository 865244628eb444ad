from __future__ import annotations

import pytest
from botocore.model import StructureShape

from localcloud.awsjson.shapes import InvalidError, check, coerce, project, service_model


def shape(operation: str, *, output: bool = False) -> StructureShape:
    model = service_model("sagemaker").operation_model(operation)
    found = model.output_shape if output else model.input_shape
    assert found is not None
    return found


def config(**variant: object) -> dict[str, object]:
    production = {"VariantName": "a", "ModelName": "m", "InitialInstanceCount": 1, **variant}
    return {"EndpointConfigName": "config", "ProductionVariants": [production]}


def test_strings_of_a_template_become_what_the_shape_asks_for() -> None:
    template = config(
        InitialInstanceCount="2", InitialVariantWeight="0.5", EnableSSMAccess="true", ModelName=7
    )
    variant = coerce(shape("CreateEndpointConfig"), template)["ProductionVariants"][0]
    assert variant["InitialInstanceCount"] == 2
    assert variant["InitialVariantWeight"] == 0.5
    assert variant["EnableSSMAccess"] is True
    assert variant["ModelName"] == "7"


def test_values_of_a_map_become_strings() -> None:
    model = {"PrimaryContainer": {"Environment": {"PARALLEL": 4, "JINJA": True}}}
    coerced = coerce(shape("CreateModel"), model)
    assert coerced["PrimaryContainer"]["Environment"] == {"PARALLEL": "4", "JINJA": "true"}


def test_what_cannot_be_converted_is_left_and_reported() -> None:
    coerced = coerce(shape("CreateEndpointConfig"), config(InitialInstanceCount="many"))
    with pytest.raises(InvalidError, match="InitialInstanceCount, value: many"):
        check(shape("CreateEndpointConfig"), coerced)


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({"InstanceType": "ml.none"}, "at 'productionVariants.1.member.instanceType'"),
        ({"VolumeSizeInGB": 513}, "must have value less than or equal to 512"),
        ({"VariantName": "a" * 64}, "must have length less than or equal to 63"),
        ({"VariantName": "a_b"}, "must satisfy regular expression pattern"),
        ({"InitialInstanceCount": 0}, "valid min value: 1"),
        ({"Colour": "red"}, 'Unknown parameter in ProductionVariants\\[0\\]: "Colour"'),
    ],
)
def test_broken_constraint_is_named(variant: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        check(shape("CreateEndpointConfig"), config(**variant))


def test_every_broken_constraint_is_counted() -> None:
    with pytest.raises(InvalidError, match=r"^2 validation errors detected: "):
        check(shape("CreateEndpointConfig"), config(VolumeSizeInGB=513, InstanceType="ml.none"))


def test_missing_member_is_named() -> None:
    with pytest.raises(InvalidError, match='Missing required parameter in input: "EndpointName"'):
        check(shape("DescribeEndpoint"), {})


def test_answer_has_only_what_its_shape_has() -> None:
    document = {"ModelName": "m", "Secret": "x", "PrimaryContainer": {"Image": "i", "Extra": 1}}
    projected = project(shape("DescribeModel", output=True), {**document, "VpcConfig": None})
    assert projected == {"ModelName": "m", "PrimaryContainer": {"Image": "i"}}
