"""The sections of a model's life: its registry, and the rollout of its versions."""
