"""A stage that is deployed has nothing that doctor would mend."""

from __future__ import annotations

from doctor.examination import examine
from doctor.surroundings import Surroundings
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs


def test_every_line_of_the_deployed_stage_is_ok(
    deployment: LocalDeployment, stage: StageOutputs
) -> None:
    cloud, config = deployment.cloud, deployment.config
    around = Surroundings(cloud.session, deployment.project, cloud.settings.origin)
    found = [*examine(around, config)]
    assert [finding for finding in found if finding.outcome != "ok"] == []
    there = {finding.message.split()[0] for finding in found if finding.check == "stacks"}
    assert there == {*config.stack_names}
