"""llama.cpp in the function's own process, in the place of an endpoint.

docs/decisions/0162-a-stage-may-be-one-function.md
"""
