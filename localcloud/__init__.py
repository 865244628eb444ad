"""A cloud on this machine: ministack, extended with SageMaker, its runtime and streaming.

Decisions: 0002, a cloud on the laptop; 0049, the clock; 0050, the reaper; 0051, the interpreter.
"""
