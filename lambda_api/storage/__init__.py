"""Objects, ids and pages, whatever keeps them."""
