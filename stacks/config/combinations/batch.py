"""Demands of batch transform on names and archives."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.config.sections import StageSections

# SageMaker's limit of 63, less a batch's 32 digits, 4 of a try, and two dashes.
_MAX_BATCH_PREFIX = 25


def batch_problems(stage: StageSections) -> Iterator[str]:
    """Batch transform reads a tar.gz, and refuses the prefix that an endpoint reads."""
    if stage.batch is None:
        return
    if len(stage.endpoint_name) > _MAX_BATCH_PREFIX:
        yield (
            f"project.name: got {stage.project.name!r}; must be at most {_MAX_BATCH_PREFIX} "
            f"characters with -{stage.stage} for [batch]: the names of its jobs begin with them"
        )
    archive = stage.batch.model_archive
    if stage.model.s3 is not None and archive is None:
        yield (
            "batch.model_archive: missing; must be the s3:// address of a .tar.gz with what is "
            f"below model.s3 ({stage.model.s3}): batch transform takes no uncompressed weights"
        )
    if stage.model.s3 is None and archive is not None:
        yield f"batch.model_archive: got {archive!r}; must be left out without model.s3"
