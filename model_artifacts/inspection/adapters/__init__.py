"""Headers of LoRA adapters, and whether they belong to a base model.

A LoRA adapter adds to a matrix of its base the product of two thin ones: https://arxiv.org/abs/2106.09685
"""
