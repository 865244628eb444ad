"""The life of a stage's model: its versions, the first of them, and rollouts as they go on."""
