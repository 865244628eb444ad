"""Documents cut into chunks that the embedder reads whole."""
