"""SageMaker endpoints, in every way a model can stand behind one."""
