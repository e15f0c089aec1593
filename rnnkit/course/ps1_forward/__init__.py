"""Problem set 1, the forward pass: its exercises as data. The parity is with rnnkit's own cell and loss."""

from rnnkit.course.ps1_forward import count, forward, softmax, step, trajectory

NAME = "ps1-forward"
EXERCISES = (step.EXERCISE, forward.EXERCISE, softmax.EXERCISE, count.EXERCISE, trajectory.EXERCISE)
