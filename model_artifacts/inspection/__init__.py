"""Headers of model files, and the memory a model takes: standard library only, never the weights.

A leaf: synth, the planner and the registry read models through this package. No code of a model
runs, and the memory and time that a read takes are bounded whatever a file claims.
"""
