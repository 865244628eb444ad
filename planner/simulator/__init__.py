"""The discrete-event simulation of an endpoint: instances, engines, the gateway.

Decision records: docs/decisions/0062 and 0064.
"""
