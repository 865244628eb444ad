"""Requests on the way to a container, at once or through the queue.

Decisions: 0041, the runtime maps the container's paths; 0046, asynchronous requests end once.
"""
