"""OpenAI's Files API on a bucket."""
