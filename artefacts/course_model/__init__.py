"""Networks that continue strings of brackets: the reference of problem set 5, exercise 7, and three that went wrong."""
