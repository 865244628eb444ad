"""Conventions that no linter knows: sizes of rooms, a test for each module, first sentences."""

from __future__ import annotations

import ast
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import PROJECT

PACKAGES = (
    "autoscaling",
    "doctor",
    "features",
    "lambda_api",
    "localcloud",
    "model_artifacts",
    "planner",
    "stacks",
    "twin",
)
PURE = ("autoscaling", "features", "lambda_api", "planner")
"""Packages whose modules each have a unit test of their own."""
MOST_MODULES_IN_A_ROOM = 15
TESTED_ELSEWHERE = {
    "features.aws.s3": "tests/integration/test_features_functions.py",
    "features.aws.s3_vectors": "tests/integration/test_vector_store.py",
    "features.aws.sqs": "tests/integration/test_features_functions.py",
    "features.documents.document": "tests/unit/features/documents/test_reading.py",
    "features.documents.apart_process": "tests/unit/features/documents/test_apart.py",
    "features.errors": "tests/unit/features/search/test_service.py",
    "features.handlers.document": "tests/integration/test_features_functions.py",
    "features.handlers.publish": "tests/integration/test_features_functions.py",
    "features.handlers.search": "tests/integration/test_features_functions.py",
    "features.ingestion.chunk_writer": "tests/unit/features/ingestion/test_publisher.py",
    "features.search.searched_index": "tests/unit/features/search/test_service.py",
    "features.storage.object_store": "tests/integration/test_features_functions.py",
    "features.vectors.vector_index": "tests/unit/features/vectors/test_view.py",
    "lambda_api.aws.dynamodb": "tests/integration/test_wake_table.py",
    "lambda_api.aws.wake_table": "tests/integration/test_wake_table.py",
    "lambda_api.aws.lease_table": "tests/integration/test_lease_table.py",
    "lambda_api.handlers.scalable_targets": "tests/integration/test_scalable_targets.py",
    "lambda_api.aws.secrets_manager": "tests/integration/test_completion_function.py",
    "lambda_api.aws.sqs": "tests/integration/test_completion_function.py",
    "lambda_api.aws.connections": "tests/integration/test_doors.py",
    "lambda_api.aws.lifecycle.endpoints": "tests/e2e/test_model_lifecycle.py",
    "lambda_api.aws.lifecycle.event_bus": "tests/e2e/test_model_lifecycle.py",
    "lambda_api.aws.lifecycle.ssm_parameter": "tests/e2e/test_model_lifecycle.py",
    "lambda_api.files.uses": "tests/unit/lambda_api/files/test_service.py",
    "lambda_api.handlers.async_completion": "tests/integration/test_completion_function.py",
    "lambda_api.handlers.control": "tests/integration/test_doors.py",
    "lambda_api.handlers.webhook_delivery": "tests/integration/test_completion_function.py",
    "lambda_api.http.schemas": "tests/unit/lambda_api/test_main.py",
    "lambda_api.storage.object_store": "tests/integration/test_object_store.py",
    "lambda_api.routers.vector_store_file_batches": "tests/integration/vector_stores/test_files.py",
    "lambda_api.routers.vector_store_files": "tests/integration/vector_stores/test_files.py",
    "lambda_api.routers.vector_stores": "tests/integration/vector_stores/test_stores.py",
    "lambda_api.vector_stores.batch_schemas": "tests/integration/vector_stores/test_files.py",
    "lambda_api.vector_stores.chunking": "tests/integration/vector_stores/test_stores.py",
    "lambda_api.vector_stores.documents": "tests/integration/vector_stores/test_files.py",
    "lambda_api.vector_stores.file_batches": "tests/integration/vector_stores/test_files.py",
    "lambda_api.vector_stores.file_schemas": "tests/integration/vector_stores/test_files.py",
    "lambda_api.vector_stores.schemas": "tests/integration/vector_stores/test_bounds.py",
    "lambda_api.vector_stores.search": "tests/integration/vector_stores/test_searches.py",
    "lambda_api.vector_stores.store_files": "tests/integration/vector_stores/test_stores.py",
    "lambda_api.files.schemas": "tests/unit/lambda_api/files/test_new_file.py",
    "lambda_api.object_routes": "tests/integration/vector_stores/test_stores.py",
    "lambda_api.storage.metadata": "tests/integration/vector_stores/test_stores.py",
    "planner.commands.app": "tests/unit/twin/commands/test_plan.py",
    "planner.commands.refusals": "tests/unit/planner/commands/test_simulate.py",
    "planner.errors": "tests/unit/planner/commands/test_simulate.py",
    "planner.plan_result": "tests/unit/planner/report/test_page.py",
}
"""Modules of the pure packages without a test of their own, with the test that covers each."""

_QUESTION = re.compile(r"(What|Whether|How|Why|Where|Who|Which|When)\b")
_PRONOUN = re.compile(r"\b(it|its|they|them|their|theirs|what|one|ones)\b", re.IGNORECASE)


def modules(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((PROJECT / package).rglob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(PROJECT).with_suffix("").as_posix().replace("/", ".")


def test_a_room_has_at_most_15_modules() -> None:
    rooms = Counter(path.parent for path in modules(*PACKAGES) if path.name != "__init__.py")
    full = {str(room): size for room, size in rooms.items() if size > MOST_MODULES_IN_A_ROOM}
    assert full == {}


def test_each_module_of_the_pure_packages_has_a_test_of_its_own() -> None:
    untested = set()
    for path in modules(*PURE):
        place = path.relative_to(PROJECT).parent / f"test_{path.name}"
        if path.name != "__init__.py" and not (PROJECT / "tests" / "unit" / place).exists():
            untested.add(name(path))
    assert untested == TESTED_ELSEWHERE.keys()
    for covering in TESTED_ELSEWHERE.values():
        assert (PROJECT / covering).is_file(), covering


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Lines and texts of docstrings, of modules, classes, functions and variables."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if text := ast.get_docstring(node):
                yield node.body[0].lineno, text
            yield from _variables(node.body)


def _variables(body: list[ast.stmt]) -> Iterator[tuple[int, str]]:
    for before, node in itertools.pairwise(body):
        if (
            isinstance(before, ast.Assign | ast.AnnAssign)
            and isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value


@pytest.mark.parametrize("package", [*PACKAGES, "benchmarks"])
def test_first_sentences_name_their_subject(package: str) -> None:
    offenders = []
    for path in modules(package):
        for line, text in docstrings(path):
            first = re.split(r"(?<=[.:;])\s", " ".join(text.split()))[0]
            if _QUESTION.match(first) or len(_PRONOUN.findall(first)) > 1:
                offenders.append(f"{path.relative_to(PROJECT)}:{line}: {first}")
    assert offenders == []


def test_modules_and_functions_are_short() -> None:
    """The budgets of the house: 250 lines a module, 50 a function with its docstring."""
    long = [name(path) for path in modules(*PACKAGES) if len(path.read_text().splitlines()) > 250]
    for path in modules(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                long += [f"{name(path)}.{node.name}: {lines}"] * (lines > 50)
    assert long == []
