"""What a check says to a wrong answer: faults on record, general ways to find others, the place where it goes wrong."""
