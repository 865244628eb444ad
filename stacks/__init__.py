"""The cloud, described: one stack per lifecycle, one construct per capability.

docs/decisions/0011-one-template-for-every-region.md
docs/decisions/0019-jobs-have-stacks-the-api-has-their-door.md
"""
