"""Scaling of endpoints: targets, policies and the alarms that set them off.

docs/decisions/0016-async-scales-in-when-idle.md
docs/decisions/0032-what-goes-to-zero-is-a-component.md
docs/decisions/0034-schedules-may-hold-in-any-order.md
"""
