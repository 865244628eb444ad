"""Documents read: bytes as text below headings, with attributes, within limits."""
