"""The recommendation of a deployment: type, topology, instance, count, quantization and scaling.

Decision record: docs/decisions/0106.
"""
