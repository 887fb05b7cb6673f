"""Disaster drills: break a shop that sells, let somebody repair it, and measure the rescue."""
