"""Requests on their way to a container, at once or through the queue."""
