"""The [alarms] section: who is told when something is wrong."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from stacks.config.section import Section


class AlarmsConfig(Section):
    """[alarms]: one topic that every alarm of a fault tells; scaling's own alarms tell nobody.

    Attributes:
        email: address that gets the alarms; SNS asks for consent first. Sets
            AWS::SNS::Subscription.Endpoint.
    """

    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
