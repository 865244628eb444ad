"""The documents of a deployed stage: brought, asked about, and what a search of them found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openai import OpenAI

from tests.support.eventually import eventually, poll
from twin.client.documents import carry_out, list_documents, plan_sync
from twin.local.deployment import LocalDeployment
from twin.outputs import stack_outputs

QUESTION = "Until when can I borrow books?"
SEARCH: dict[str, Any] = {"type": "file_search", "vector_store_ids": ["vs_docs"]}
_PREFIX = "documents/docs/"


@dataclass(frozen=True)
class DeployedDocuments:
    """The documents of the store `docs`.

    Attributes:
        deployment: The stage.
        directory: An empty directory, for what is brought.
    """

    deployment: LocalDeployment
    directory: Path

    def sync(self, **documents: str) -> None:
        """Make the store equal to these documents, as `twin features sync` does."""
        for path in self.directory.iterdir():
            path.unlink()
        for name, text in documents.items():
            (self.directory / f"{name}.md").write_text(text)
        cloud = self.deployment.cloud
        stack = self.deployment.config.stack_name("retrieval")
        bucket = stack_outputs(cloud.session, cloud.settings.origin, stack)["BucketName"]
        client = cloud.session.client("s3", endpoint_url=cloud.settings.origin)
        plan = plan_sync(self.directory, _PREFIX, list_documents(client, bucket, _PREFIX))
        carry_out(plan, client, bucket)


def ask(client: OpenAI, model: str, **fields: Any) -> Any:
    """Ask the question, with the documents' results."""
    return client.responses.with_raw_response.create(
        model=model,
        input=QUESTION,
        max_output_tokens=8,
        tools=[SEARCH],
        include=["file_search_call.results"],
        **fields,
    )


def found(client: OpenAI, model: str) -> list[str] | None:
    """Return what a search found; None if it took too long, as it may on a busy machine."""
    answer = ask(client, model)
    call = answer.parse().output[0]
    assert call.type == "file_search_call"
    assert (call.status == "failed") == (answer.headers.get("x-features") == "none")
    return [result.text for result in call.results] if call.status == "completed" else None


def bring_and_change(documents: DeployedDocuments, client: OpenAI, model: str) -> None:
    """Bring a document, ask, change it, and ask until the answer is of the change."""
    documents.sync(hours="# Opening hours\n\nThe library closes at nine in the evening.\n")
    (text,) = poll(lambda: found(client, model), bool) or ()
    assert "at nine" in text
    documents.sync(hours="# Opening hours\n\nThe library closes at six in the evening.\n")
    eventually(lambda: "at six" in "".join(found(client, model) or ()))


def delete(documents: DeployedDocuments, client: OpenAI, model: str) -> None:
    """Delete all documents, and ask until there is nothing to be found."""
    documents.sync()
    eventually(lambda: found(client, model) == [])
