"""S3 Vectors through an unmodified client: its operations, limits, policies and stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.localcloud.cloud import Cloud, add_role, assumed
from tests.support.localcloud.deployment import unique

ACCOUNT = "000000000042"
TEXTS = {"dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}
UNFILTERABLE = {"nonFilterableMetadataKeys": ["text"]}


@pytest.fixture
def s3vectors(cloud: Cloud) -> Any:
    return cloud.client("s3vectors")


@pytest.fixture
def index(s3vectors: Any) -> str:
    """The ARN of an index of two dimensions in a bucket of its own."""
    bucket = unique("bucket").lower()
    s3vectors.create_vector_bucket(vectorBucketName=bucket)
    created = s3vectors.create_index(
        vectorBucketName=bucket, indexName="texts", metadataConfiguration=UNFILTERABLE, **TEXTS
    )
    return str(created["indexArn"])


def put(s3vectors: Any, index: str, **vectors: tuple[list[float], dict[str, Any]]) -> None:
    s3vectors.put_vectors(
        indexArn=index,
        vectors=[
            {"key": key, "data": {"float32": data}, "metadata": metadata}
            for key, (data, metadata) in vectors.items()
        ],
    )


def query(s3vectors: Any, index: str, **how: Any) -> list[str]:
    asked = {"topK": 10, "queryVector": {"float32": [1, 0]}, **how}
    return [one["key"] for one in s3vectors.query_vectors(indexArn=index, **asked)["vectors"]]


def refusal(call: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_bucket_and_index_from_creation_to_deletion(s3vectors: Any) -> None:
    name = unique("bucket").lower()
    arn = s3vectors.create_vector_bucket(vectorBucketName=name, tags={"team": "twins"})[
        "vectorBucketArn"
    ]
    assert arn == f"arn:aws:s3vectors:us-east-1:{ACCOUNT}:bucket/{name}"
    found = s3vectors.get_vector_bucket(vectorBucketArn=arn)["vectorBucket"]
    assert found["creationTime"].year >= 2026
    assert found["defaultIndexMode"] == "ENHANCED"
    listed = s3vectors.list_vector_buckets(prefix=name)["vectorBuckets"]
    assert [one["vectorBucketArn"] for one in listed] == [arn]

    for index in ("a.b", "a-c"):
        s3vectors.create_index(vectorBucketName=name, indexName=index, **TEXTS)
    told = s3vectors.get_index(vectorBucketName=name, indexName="a.b")["index"]
    assert (told["dimension"], told["indexMode"]) == (2, "ENHANCED")
    pages = s3vectors.get_paginator("list_indexes").paginate(
        vectorBucketName=name, PaginationConfig={"PageSize": 1}
    )
    assert [one["indexName"] for page in pages for one in page["indexes"]] == ["a-c", "a.b"]

    assert refusal(s3vectors.delete_vector_bucket, vectorBucketName=name) == (
        "ConflictException",
        409,
    )
    for index in ("a.b", "a-c"):
        s3vectors.delete_index(vectorBucketName=name, indexName=index)
    s3vectors.delete_vector_bucket(vectorBucketName=name)
    assert refusal(s3vectors.get_vector_bucket, vectorBucketName=name) == ("NotFoundException", 404)


def test_tags_of_buckets_and_indexes(s3vectors: Any, index: str) -> None:
    s3vectors.tag_resource(resourceArn=index, tags={"a": "1", "b": "2"})
    s3vectors.untag_resource(resourceArn=index, tagKeys=["a"])
    assert s3vectors.list_tags_for_resource(resourceArn=index)["tags"] == {"b": "2"}


def test_vectors_are_put_got_listed_and_deleted(s3vectors: Any, index: str) -> None:
    put(s3vectors, index, a=([1, 0], {"text": "A", "n": 1}), b=([0, 1], {}), c=([1, 1], {}))
    (got,) = s3vectors.get_vectors(
        indexArn=index, keys=["a", "none"], returnData=True, returnMetadata=True
    )["vectors"]
    assert got == {"key": "a", "data": {"float32": [1, 0]}, "metadata": {"text": "A", "n": 1}}

    pages = s3vectors.get_paginator("list_vectors").paginate(
        indexArn=index, PaginationConfig={"PageSize": 2}
    )
    assert [one["key"] for page in pages for one in page["vectors"]] == ["a", "b", "c"]
    segments = [
        s3vectors.list_vectors(indexArn=index, segmentCount=2, segmentIndex=segment)["vectors"]
        for segment in (0, 1)
    ]
    assert sorted(one["key"] for part in segments for one in part) == ["a", "b", "c"]

    s3vectors.delete_vectors(indexArn=index, keys=["a", "none"])
    assert query(s3vectors, index) == ["c", "b"]


def test_a_query_tells_distances_and_metadata_if_asked(s3vectors: Any, index: str) -> None:
    put(s3vectors, index, a=([2, 0], {"text": "A"}), b=([0, 1], {}))
    asked = {"topK": 1, "queryVector": {"float32": [1, 0]}, "returnDistance": True}
    answer = s3vectors.query_vectors(indexArn=index, returnMetadata=True, **asked)
    assert answer["vectors"] == [{"key": "a", "distance": 0, "metadata": {"text": "A"}}]
    assert answer["distanceMetric"] == "cosine"
    bare = s3vectors.query_vectors(indexArn=index, topK=1, queryVector={"float32": [1, 0]})
    assert bare["vectors"] == [{"key": "a"}]


def test_a_filter_applies_before_the_ranking(s3vectors: Any, index: str) -> None:
    near = {f"near{number}": ([1.0, 0.0], {"lang": "en"}) for number in range(50)}
    put(s3vectors, index, **near, far=([0, 1], {"lang": "de", "year": 2020}))
    for asked in ({"lang": "de"}, {"$and": [{"year": {"$gte": 2020, "$lt": 2021}}]}):
        assert query(s3vectors, index, topK=1, filter=asked) == ["far"]


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"topK": 101}, "topK must be at most 100"),
        ({"queryVector": {"float32": [1]}}, "must have length 2, but has length 1"),
        ({"queryVector": {"float32": [0, 0]}}, "zero vector"),
        ({"filter": {"text": "A"}}, "'text' is non-filterable"),
        ({"filter": {"year": {"$gt": "2020"}}}, "is no comparison"),
        ({"filter": {}}, "must be an object that is not empty"),
        ({"filter": {"$and": [{"a": n} for n in range(101)]}}, "101 constraints"),
        ({"queryMode": "CLASSIC"}, "not supported for an ENHANCED index"),
    ],
)
def test_a_query_beyond_what_is_documented_is_refused(
    s3vectors: Any, index: str, parameters: dict[str, Any], text: str
) -> None:
    with pytest.raises(s3vectors.exceptions.ValidationException, match=text):
        query(s3vectors, index, **parameters)


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"a": "x" * 2048}, "Filterable metadata must have at most 2048 bytes"),
        ({"text": "x" * 40_960}, "Total metadata must have at most 40960 bytes"),
        ({f"k{number}": 1 for number in range(51)}, "51 metadata keys"),
        ({"a": {"b": 1}}, "must be a string, number, boolean or list"),
    ],
)
def test_metadata_beyond_the_limits_is_refused(
    s3vectors: Any, index: str, metadata: dict[str, Any], text: str
) -> None:
    with pytest.raises(s3vectors.exceptions.ValidationException, match=text):
        put(s3vectors, index, good=([1, 0], {}), bad=([1, 0], metadata))
    assert query(s3vectors, index) == [], "all of a request, or nothing"


def test_requests_beyond_the_model_are_refused(s3vectors: Any, index: str) -> None:
    many = {f"k{number}": ([1.0, 0.0], {}) for number in range(501)}
    with pytest.raises(ClientError, match="less than or equal to 500"):
        put(s3vectors, index, **many)
    keys = [f"k{number}" for number in range(101)]
    with pytest.raises(ClientError, match="less than or equal to 100"):
        s3vectors.get_vectors(indexArn=index, keys=keys)
    code, status = refusal(s3vectors.get_index, indexArn=index, indexName="texts")
    assert (code, status) == ("ValidationException", 400)
    assert refusal(s3vectors.update_index_mode, indexArn=index, indexMode="CLASSIC") == (
        "ValidationException",
        400,
    )


def test_writes_beyond_the_rate_are_throttled(s3vectors: Any, index: str) -> None:
    keys = [f"k{number}" for number in range(500)]

    def throttled() -> bool:
        try:
            s3vectors.delete_vectors(indexArn=index, keys=keys)
        except s3vectors.exceptions.TooManyRequestsException:
            return True
        return False

    assert any(throttled() for _ in range(100))


def client(cloud: Cloud, *statements: dict[str, Any]) -> tuple[Any, str]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{unique('role')}"
    add_role(cloud, arn, *statements)
    session = assumed(cloud, arn)
    return session.client("s3vectors", endpoint_url=cloud.settings.origin), arn


def test_metadata_needs_the_right_to_get_vectors(cloud: Cloud, s3vectors: Any, index: str) -> None:
    put(s3vectors, index, a=([1, 0], {"text": "A"}))
    allowed = {"Effect": "Allow", "Action": "s3vectors:QueryVectors", "Resource": index}
    reader, _ = client(cloud, allowed)
    assert query(reader, index) == ["a"]
    asked: dict[str, Any] = {"indexArn": index, "topK": 1, "queryVector": {"float32": [1, 0]}}
    for more in ({"filter": {"a": 1}}, {"returnMetadata": True}):
        with pytest.raises(ClientError, match="s3vectors:GetVectors") as caught:
            reader.query_vectors(**asked, **more)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert refusal(reader.put_vectors, indexArn=index, vectors=[_vector("b")])[1] == 403


def test_a_buckets_policy_counts(cloud: Cloud, s3vectors: Any, index: str) -> None:
    bucket = index.partition("/index/")[0]
    other = {"Effect": "Allow", "Action": "s3vectors:ListVectorBuckets", "Resource": "*"}
    reader, arn = client(cloud, other)
    assert refusal(reader.get_index, indexArn=index)[0] == "AccessDeniedException"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": "s3vectors:GetIndex",
        "Resource": f"{bucket}/index/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3vectors.put_vector_bucket_policy(vectorBucketArn=bucket, policy=policy)
    assert s3vectors.get_vector_bucket_policy(vectorBucketArn=bucket)["policy"] == policy
    assert reader.get_index(indexArn=index)["index"]["indexArn"] == index
    s3vectors.delete_vector_bucket_policy(vectorBucketArn=bucket)
    assert refusal(reader.get_index, indexArn=index)[0] == "AccessDeniedException"


def _vector(key: str) -> dict[str, Any]:
    return {"key": key, "data": {"float32": [1, 0]}}


def test_a_stack_makes_replaces_and_deletes_an_index(cloud: Cloud, s3vectors: Any) -> None:
    stacks, name = cloud.client("cloudformation"), unique("stack")

    def template(index: str, tag: str) -> str:
        properties = {
            "VectorBucketArn": {"Ref": "Bucket"},
            "IndexName": index,
            "DataType": "float32",
            "Dimension": "2",
            "DistanceMetric": "cosine",
            "MetadataConfiguration": {"NonFilterableMetadataKeys": ["text"]},
            "Tags": [{"Key": "tag", "Value": tag}],
        }
        return json.dumps(
            {
                "Resources": {
                    "Bucket": {"Type": "AWS::S3Vectors::VectorBucket"},
                    "Index": {"Type": "AWS::S3Vectors::Index", "Properties": properties},
                },
                "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Index", "IndexArn"]}}},
            }
        )

    def output() -> str:
        (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
        return str(stack["Outputs"][0]["OutputValue"])

    def wait(what: str) -> None:
        config = {"Delay": 1, "MaxAttempts": 30}
        stacks.get_waiter(f"stack_{what}_complete").wait(StackName=name, WaiterConfig=config)

    stacks.create_stack(StackName=name, TemplateBody=template("one", "a"))
    wait("create")
    first = output()
    put(s3vectors, first, a=([1, 0], {"text": "A"}))
    stacks.update_stack(StackName=name, TemplateBody=template("one", "b"))
    wait("update")
    assert output() == first
    assert query(s3vectors, first) == ["a"]
    assert s3vectors.list_tags_for_resource(resourceArn=first)["tags"] == {"tag": "b"}
    stacks.update_stack(StackName=name, TemplateBody=template("two", "b"))
    wait("update")
    assert output().endswith("/index/two")
    assert refusal(s3vectors.get_index, indexArn=first)[0] == "NotFoundException"
    stacks.delete_stack(StackName=name)
    wait("delete")
    bucket = first.partition("/index/")[0]
    assert refusal(s3vectors.get_vector_bucket, vectorBucketArn=bucket)[0] == "NotFoundException"
