"""What is served: making, converting and quantizing models, and the tiny demo model."""
