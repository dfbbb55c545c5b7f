"""What a run's page says; without Qt."""
