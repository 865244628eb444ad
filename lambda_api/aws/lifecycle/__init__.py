"""The registry, the parameter, the stacks and the endpoints of rollouts, each as its port asks."""
