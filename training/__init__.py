"""History to dataset to model: training, gates, registry."""
