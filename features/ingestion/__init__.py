"""Ingestion: the index's state made equal to the documents' state now."""
