"""What processes count and serve, and what alerts and dashboards make of it."""
