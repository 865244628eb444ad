"""SageMaker models: image, weights, role."""
