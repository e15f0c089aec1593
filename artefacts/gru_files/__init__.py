"""GRUs that say the first number of a sequence: the files of problem set 4, exercise 4."""
