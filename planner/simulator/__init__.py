"""The discrete-event simulation of an endpoint."""
