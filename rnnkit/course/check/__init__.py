"""Judging an answer: what a notebook holds, a student's own numbers, the properties that are graded, the result."""
