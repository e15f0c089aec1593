"""What wrong counts of parameters hold too many or too few, by the sentence that says so."""

from rnnkit.course.answer.exercise import Values

NARROW = "The first layer is counted as if it read hidden_size numbers. It reads input_size."
BIAS = "There are hidden_size numbers too many: a third bias, a layer on top, or h0, which is no parameter?"
EMBEDDING = "There are input_size · input_size numbers too many: an embedding? The first layer reads the input itself."
WIDE = "weight_hh is counted as one matrix of (2H, 2H). There are two of (H, H), one for each direction."
INPUT_AGAIN = "Each later layer is counted as if it read input_size numbers too. It reads states alone."
ALL_BELOW = "Each later layer is counted as if it also read what the layers below it read. It reads their states alone."
ONE_WAY = "Above the first layer one direction alone is counted. With two, every layer has two sets of weights."
ONE_WAY_READ = "Above the first layer one direction alone is counted, and one alone is read: both are, in every layer."


def miscounted(I: Values, H: Values, ways: Values, above: Values) -> dict[str, Values]:
    """How far a count is off, for each network; ``above`` is how many layers it has above the first."""
    if not above.any():
        return {NARROW: ways * H * (H - I), BIAS: ways * H, EMBEDDING: I * I, WIDE: (ways - 1) * 2 * H * H}
    right, one = ways * H * (ways * H + H + 2), H * (H + H + 2)
    return {
        INPUT_AGAIN: above * ways * H * I,
        ALL_BELOW: ways * H * (above * I + ways * H * above * (above - 1) / 2),
        ONE_WAY: above * (right / ways - right),
        ONE_WAY_READ: above * (one - right),
    }
