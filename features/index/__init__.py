"""The index of a store: what documents are made into, and generations of it that never change."""
