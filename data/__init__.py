"""What the lessons work on: made from code with fixed seeds, so it is the same on every machine."""
