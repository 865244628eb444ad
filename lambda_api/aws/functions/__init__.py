"""Other functions of the stage, as the service invokes them."""
