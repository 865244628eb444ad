"""SageMaker processing jobs on models: what a GPU has to do, and gigabytes of libraries.

Decision record: docs/decisions/0189.
"""
