"""Runs of *Watching a run*: five with a fault that was planted or none, and two controls."""
