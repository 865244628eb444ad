"""Search: a generation held in memory, filtered, ranked by words and by meaning."""
