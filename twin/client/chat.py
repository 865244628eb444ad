"""A conversation in the terminal."""

from __future__ import annotations

import readline  # noqa: F401 - gives input() line editing and history

from openai import APIError, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from rich.markup import escape

from twin.client.conversation import ask
from twin.progress import console


def chat(client: OpenAI, model: str) -> None:
    """Hold a conversation in the terminal until Ctrl-D."""
    console.print(f"Talking to [bold]{escape(model or str(client.base_url))}[/bold].")
    console.print("[dim]Ctrl-D ends; an empty line starts a new conversation[/dim]")
    messages: list[ChatCompletionMessageParam] = []
    while True:
        try:
            question = input("\n> ").strip()
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        if not question:
            messages.clear()
            continue
        messages.append({"role": "user", "content": question})
        try:
            reply = ask(client, model, messages, lambda text: console.print(escape(text), end=""))
        except APIError as error:
            messages.pop()
            console.print(f"[red]{escape(error.message)}[/red]")
            continue
        messages.append({"role": "assistant", "content": reply.text})
        console.print(f"\n[dim]{reply.summary()}[/dim]")
