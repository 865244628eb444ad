"""The sections that say how a model is served: at once, from a queue, in jobs."""
