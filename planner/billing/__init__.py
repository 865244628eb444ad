"""Bills of a stage: lines of quantity times price, for the endpoints and for the front door.

Decision record: docs/decisions/0105.
"""
