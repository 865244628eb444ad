"""What instance types do with a model, and what traffic asks of them."""
