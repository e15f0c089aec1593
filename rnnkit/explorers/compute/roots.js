// Where a function is zero.

/** A root of g between low and high, where it changes its sign, to the last digit. */
export function bisect(g, low, high) {
  const sign = Math.sign(g(low));
  let [a, b] = [low, high];
  for (let k = 0; k < 60; k++) {
    const middle = (a + b) / 2;
    if (Math.sign(g(middle)) === sign) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
