"""The outputs of the reference implementation on 20 texts, which a unit test compares ours with.

    python benchmarks/retrieval/reference.py MODEL_DIRECTORY > reference.json

The test has its copy beside it, in tests/unit/features/embedding/. Runs in an environment with
torch and transformers (the group `train`), on the published weights in float32: `BertModel`, the
mean of the last layer's tokens under the attention mask, length 1, as the model card has it.
"""

from __future__ import annotations

import json
import sys

TEXTS = (
    "How do requests of the same conversation reach the same instance?",
    "KV cache",
    "a",
    "",
    "The quick brown fox jumps over the lazy dog.",
    "Wie skaliert man auf null?",
    "これは日本語の文章です。",
    "👋🏽 emoji and ümläuts, naïve café",
    "SELECT count(*) FROM documents WHERE store = 'docs';",
    "def handler(event, context):\n    return {'statusCode': 200}",
    "    leading and trailing spaces   ",
    "UPPER CASE WORDS ARE LOWERED",
    "numbers 1234567890 3.14159 1e-12",
    "x" * 300,
    "word " * 400,
    "A model's answer is only as good as what it knows at that moment. " * 12,
    "punctuation!?;:,.()[]{}<>/\\|@#$%^&*~`",
    "line\nbreaks\n\nand\ttabs",
    "Blue/green deployment starts the new fleet beside the old one and moves the traffic over.",
    "Documents become features, and inference only reads.",
)
_MOST_TOKENS = 256


def main(directory: str) -> None:
    """Print the texts with their vectors as JSON."""
    import torch
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = BertModel.from_pretrained(directory).eval()
    told = []
    with torch.no_grad():
        for text in TEXTS:
            tokens = tokenizer(text, truncation=True, max_length=_MOST_TOKENS, return_tensors="pt")
            hidden = model(**tokens).last_hidden_state[0]
            vector = torch.nn.functional.normalize(hidden.mean(0), dim=0)
            told.append({"text": text, "vector": [round(float(x), 6) for x in vector]})
    print(json.dumps(told, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main(sys.argv[1])
