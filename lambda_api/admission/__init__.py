"""Bounds of a request, held before any engine sees it: no caller takes the model from the others.

Fields reach the engine by list, and all that an engine compiles or repeats has a bound. Plain JSON
only: the room knows neither HTTP nor a route. Decisions: docs/decisions/0071-fields-pass-by-list.md
and 0072-what-is-compiled-is-bounded.md.
"""
