"""What the job form holds and means; mostly without Qt."""
