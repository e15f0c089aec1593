"""What an exercise is, and an answer to it: how it is called, what came of it as arrays, whether that agrees."""
