"""Is a bit that a network holds still there after a million steps, and what takes it? For *A museum of state bugs*."""
