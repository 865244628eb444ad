"""The cheapest policy that keeps an objective."""
