"""Outcomes for people: tables, pictures and a page."""
