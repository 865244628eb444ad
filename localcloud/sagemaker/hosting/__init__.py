"""What runs: endpoints, variants, instances and the containers on them."""
