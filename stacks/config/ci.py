"""The [ci] section: the GitHub repository whose workflow deploys the stage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.config.section import Section

# https://docs.github.com/en/actions/reference/security/oidc: what a token's subject is made of,
# and https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
_OWNER, _NAME, _ID = "[A-Za-z0-9][A-Za-z0-9-]{0,38}", "[A-Za-z0-9._-]{1,100}", "@[0-9]{1,20}"
Repository = Annotated[str, Field(pattern=f"^({_OWNER}{_ID}/{_NAME}{_ID}|{_OWNER}/{_NAME})$")]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,255}$")]


class CiConfig(Section):
    """[ci]: roles that a workflow assumes by its OIDC token, without a key that could leak.

    Attributes:
        repository: owner and name on GitHub, each with its id, as OWNER@ID/NAME@ID, which is how
            the tokens of a repository made, renamed or moved since 2026-07-15 name it; without ids
            for an older one that has not opted in. Spelled as there: a token's subject is compared
            case by case, in this form alone. Sets the trust of both roles.
        environment: GitHub environment of the jobs that deploy, which is where approvals are asked
            for; left out, the stage's name. Sets the trust of the deploying role.
    """

    repository: Repository
    environment: EnvironmentName | None = None
