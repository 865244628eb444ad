"""One construct per capability; the stacks introduce them to each other.

docs/decisions/0003-l1-resources-own-constructs.md
"""
