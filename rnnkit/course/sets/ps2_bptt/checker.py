"""Exercise ps2-bptt.gradients_are_right: a test of gradients that lets the right ones pass and no wrong one."""

import numpy as np

from rnnkit.course.answer.exercise import Case, Cause, Exercise, Layer, Output, Told, Values
from rnnkit.course.sets.ps2_bptt import FORBIDDEN
from rnnkit.course.sets.ps2_bptt.backward import sequence
from rnnkit.course.sets.ps2_bptt.nudges import seen
from rnnkit.course.sets.ps2_bptt.passes import FAULTS, Detail, Fault, Pass, draw, make_backward, make_forward, uncounted
from rnnkit.course.sets.ps2_bptt.step import CAUSES as STEP_CAUSES

T, N, I, H = 5, 2, 3, 3
RIGHT = (
    *(Fault("right", "right, in float64"),) * 3,
    Fault("right", "right, with a d_h0 a thousand times smaller than the other results", recurrent=1e-3),
    Fault("right in other numbers", "right, in float32", dtype=np.float32),
    Fault("right in other numbers", "right, with gradients of about 1e-10", 1e-10),
    Fault("right in other numbers", "right, with gradients of about 1e4", 1e4),
    Fault(
        "right in other numbers",
        "right, with one entry that is hundreds of times smaller than the norm and off by a thousandth of itself",
        slip="smallest entry",
    ),
)
SMALLEST = 0.012  # a wrong pass is off by this at least, in one result, relative to its norm
STEP = 1e-5


def gradients_are_right(forward: Pass, backward: Pass, d_hs: Values, *inputs: Values) -> bool:
    """Central differences in every entry of every input, and no argument changed."""
    answer = _compared(forward, backward, d_hs, *inputs)
    uncounted(forward, backward)
    return answer


def _compared(forward: Pass, backward: Pass, d_hs: Values, *inputs: Values) -> bool:
    hs = forward(*inputs)
    xs, h0, weight_ih, weight_hh, _ = inputs
    kept = d_hs.copy()
    results = backward(kept, xs, h0, hs, weight_ih, weight_hh)
    if (kept != d_hs).any():
        return False
    for result, value in zip(results, inputs, strict=True):
        slope = np.empty(value.shape)
        for place in np.ndindex(value.shape):
            here, sides = value[place], []
            for step in (STEP, -STEP):
                value[place] = here + step
                sides.append(float((d_hs * forward(*inputs)).sum()))
            value[place] = here
            slope[place] = (sides[0] - sides[1]) / (2 * STEP)
        if np.linalg.norm(result - slope) > 1e-4 * np.linalg.norm(slope):
            return False
    return True


def _cases(rng: np.random.Generator) -> list[Case]:
    """The wrong passes and the right ones in a drawn order, so that their place tells nothing."""
    kinds = (*FAULTS, *RIGHT)
    return [_case(kinds[k], rng) for k in rng.permutation(len(kinds))]


def _case(kind: Fault, rng: np.random.Generator) -> Case:
    forward = make_forward()
    while True:
        inputs, d_hs = sequence(rng, T, N, I, H)
        inputs[2], inputs[3], d_hs = inputs[2] * 1.5, inputs[3] * kind.recurrent, d_hs * kind.scale
        detail = draw(rng, T, T * N * I)
        backward = make_backward(kind.slip if kind in RIGHT else kind.name, detail, kind.dtype)
        args = (d_hs, *inputs[:2], forward(*inputs), *inputs[2:4])
        if kind.slip and not _has_a_small_entry(backward(*args)[0]):
            continue
        if kind in RIGHT or kind.name == "in place" or _off(backward, detail, args) > SMALLEST:
            uncounted(forward, backward)
            return Case(kind.name, (forward, backward, d_hs, *inputs), kind.says)


def _has_a_small_entry(result: Values) -> bool:
    """Whether one is so small beside the norm that it is off by a thousandth where the norm is right to 1e-5."""
    return float(abs(result).min()) < 5e-3 * float(np.linalg.norm(result))


def _off(backward: Pass, detail: Detail, args: tuple[Values, ...]) -> float:
    """How far the results are from the right ones, relative to their norms: the largest of five."""
    pairs = zip(backward(*args), make_backward("", detail, np.float64)(*args), strict=True)
    return max(float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in pairs)


def _explain(case: Case, got: Values, expected: Values) -> Told:
    if expected:
        cure = (
            "For each result, print norm(difference) / norm(slope): it is 1e-5 at most if ε is about 1e-5. About 1 "
            "means that the slope is of another loss than (d_hs * hs).sum(), or half as large as it should be."
        )
        return Told(f"Your function says False to a right pass ({case.label}): a false alarm. {cure}", True)
    cure = (
        "Compare each of the five results by itself, all its entries, with a border of 1e-4 to 1e-3 times the norm of "
        "its own slope; and look at what a second call returns."
    )
    return Told(f"Your function says True to a wrong pass, in which {case.label}. {cure}", True)


COMPARE = "what is wrong is told by a False, with no error; compare the results with central differences."
CAUSES = (
    Cause(TypeError, "forward()", "forward takes five arguments: forward(xs, h0, weight_ih, weight_hh, bias)."),
    Cause(TypeError, "backward()", "backward takes six arguments, as in exercise 2, the states hs among them."),
    Cause(AssertionError, "", COMPARE),
    *STEP_CAUSES,
)
FINDS = tuple(range(2, 2 + len(FAULTS)))  # layers: one who finds nothing gets no point for letting all pass

EXERCISE = Exercise(
    name="gradients_are_right",
    number=3,
    parameters={
        **{"forward": "", "backward": "", "d_hs": "T N H", "xs": "T N I", "h0": "N H"},
        **{"weight_ih": "H I", "weight_hh": "H H", "bias": "H"},
    },
    outputs=(Output("the answer", "truth"),),
    layers=(
        Layer("lets right passes pass", 0.25, "right", needs=FINDS),
        Layer("lets right passes in float32 and at other scales pass", 0.25, "right in other numbers", needs=FINDS),
        *(Layer(f"finds that {fault.says}", 0.25, fault.name, needs=(0,)) for fault in FAULTS),
    ),
    cases=_cases,
    reference=gradients_are_right,
    explain=_explain,
    watch=seen,
    causes=CAUSES,
    absent=FORBIDDEN,
)
