"""Running an answer and judging it: what an exercise is, calls, conversions, comparisons, the result."""
