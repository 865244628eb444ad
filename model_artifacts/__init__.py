"""Models to serve: inspected, converted, quantized; and the demo model with its recipe.

Decision records: docs/decisions/0030 and 0031.
"""
