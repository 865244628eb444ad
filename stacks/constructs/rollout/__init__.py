"""The rollout of an approved version: a state machine of one function's steps, and what starts it.

docs/decisions/0181-one-parameter-one-writer.md
docs/decisions/0182-only-a-change-of-approval-starts-a-rollout.md
"""
