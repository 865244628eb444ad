"""SNS: messages of our services' own."""

from __future__ import annotations

import logging

from ministack.services import sns

from localcloud.ministack_hooks.iam.sessions import AccessDeniedError, Session
from localcloud.ministack_hooks.services import request_scope

logger = logging.getLogger(__name__)


def publish(topic: str, message: str, session: Session) -> None:
    """Publish to a topic. A topic that is gone, or refuses, is logged: the work itself is done."""
    with request_scope(session.account, session.region):
        try:
            session.require("sns:Publish", topic)
            sent = sns.publish_internal(topic, message)
        except (AccessDeniedError, sns.SnsPublishError) as error:
            logger.warning("cannot publish to %s: %s", topic, error)
            return
    if sent is None:
        logger.warning("cannot publish to %s: no such topic", topic)
