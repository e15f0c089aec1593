"""Speed and memory of rnnkit, measured beside torch.nn and beside the matrix products alone: ``make bench``."""
