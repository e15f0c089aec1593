// State Stepper, drawn: each function takes the derived state `s` and gives text. Units are subscripts, steps are t.

const ASKED_STEP = 3;
const WEIGHTS = { ih: ["W", "ih"], hh: ["W", "hh"], b: ["b", ""] };

/** Everything that the pictures need, from the traits. Step t of T; h after step t is states[t]. */
function derive(traits) {
  const [H, I, T] = [traits.bias.length, traits.inputs[0].length, traits.inputs.length];
  const forward = rnnForward(traits.weight_ih, traits.weight_hh, traits.bias, traits.inputs);
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
  const step = clamp(traits.step, 0, T);
  return { ...traits, ...forward, H, I, T, step, unit: clamp(traits.unit, 1, H), asked: Math.min(ASKED_STEP, T) };
}

/** The state after step t, or nulls while the reader still owes a prediction of it. */
const visible = (s, t) => (s.committed || t < s.asked ? s.states[t] : s.states[t].map(() => null));
const number = (value) => (value === null ? UNKNOWN : fixed(value));
const unitName = (j) => `h${subscript(j + 1)}`;
const named = (values) => values.map((value, j) => `${unitName(j)} = ${number(value)}`).join(", ");

function words(s) {
  if (s.step === 0) return `Step 0 of ${s.T}, before any input: ${named(visible(s, 0))}.`;
  const x = s.inputs[s.step - 1].map(short).join(", ");
  const hidden = visible(s, s.step)[0] === null;
  return `Step ${s.step} of ${s.T}: the input is ${x}; `
    + (hidden ? "h is hidden until you commit to a prediction." : `${named(visible(s, s.step))}.`);
}

/** Places of the unrolled graph: side by side where a step has room for its number, else one below the other. */
function places(s, room) {
  const width = Math.max(room, 310); // under this the picture shrinks as a whole
  const across = (width - 34) / (s.T + 1) >= (width < 600 && s.H < 3 ? 50 : 45);
  const boxH = 10 + 18 * s.I;
  if (across) {
    const pitch = Math.min(132, (width - 34) / (s.T + 1));
    const [boxY, nodeY] = [28 + boxH / 2, 28 + boxH + 56];
    return {
      across, pitch, boxH, boxW: Math.min(64, pitch - 4),
      small: pitch < 54, cellW: pitch - (pitch < 54 ? 2 : 6), cellH: 36,
      width: 34 + pitch * (s.T + 1), height: nodeY + 46 + 38 * s.H + 6,
      box: (t) => [34 + pitch * (t + 0.5), boxY],
      node: (t) => [34 + pitch * (t + 0.5), nodeY],
      cell: (t, j) => [34 + pitch * (t + 0.5), nodeY + 46 + 38 * (j + 0.5)],
    };
  }
  const [nodeX, cellX] = s.H > 2 ? [102, 130] : [132, 172];
  const [pitch, cellW] = [Math.max(s.H > 2 ? 72 : 64, boxH + 14), Math.min(96, (width - cellX - 2) / s.H) - 3];
  const y = (t) => 26 + pitch * (t + 0.5);
  return {
    across, pitch, boxH, boxW: s.H > 2 ? 40 : 48,
    small: cellW < 50, cellW, cellH: 36, width, height: 26 + pitch * (s.T + 1),
    box: (t) => [s.H > 2 ? 40 : 46, y(t)],
    node: (t) => [nodeX, y(t)],
    cell: (t, j) => [cellX + (cellW + 3) * j + cellW / 2, y(t)],
  };
}

function weightLabel(s, which, x, y, lit, tight = false) {
  const outline = s.marked === which ? rect(x, y + 1, which === "b" ? 22 : 38, tight ? 20 : 24, "rk-marked") : "";
  const pierced = which === "hh" || which === "ih" && tight; // by the border of a step
  const gap = pierced ? rect(x, y + 1, tight ? 30 : 34, 18, "rk-gap") : "";
  return gap + outline + symbol(x, y, ...WEIGHTS[which], `${lit} ${tight ? "rk-tight" : ""}`);
}

/** An input in its box: in smaller letters if it is long, and drawn together if that is not enough. */
function inBox(x, y, value, room, tight, name) {
  const text = short(value);
  const small = tight || 7.8 * text.length > room;
  const squeeze = small && 7.4 * text.length > room ? ` textLength="${room}" lengthAdjust="spacingAndGlyphs"` : "";
  return label(x, y, text, small ? "rk-number rk-small" : "rk-number", `data-cell="${name}"${squeeze}`);
}

/** The graph of step t: its input, its cell, and the three letters that are the same at every step. */
function drawStep(s, p, t) {
  const lit = t === s.step ? "rk-lit" : "";
  const [[bx, by], [nx, ny]] = [p.box(t), p.node(t)];
  const toCells = p.across ? arrow(nx, ny + 12, nx, ny + 44, lit)
    : arrow(nx + 18, ny, p.cell(t, 0)[0] - p.cellW / 2 - 2, ny, lit);
  if (t === 0) return label(nx, ny, "start", "rk-quiet") + toCells;
  const [px, py] = p.node(t - 1);
  const tight = p.across && p.small;
  const [ihAt, bAt] = p.across
    ? [[nx + (tight ? -18 : 18), by + p.boxH / 2 + (tight ? 13 : 19)], [nx - (tight ? 14 : 26), ny + 26]]
    : [[(bx + nx) / 2 + 3, ny + (s.H > 2 ? 18 : 13)], [nx + 25, ny - 21]];
  const towards = Math.sign(nx - bAt[0]);
  const fromB = tight ? [nx - 13, ny + 20] : [bAt[0] + 7 * towards, bAt[1] + (p.across ? -5 : 4)];
  const parts = p.across
    ? [arrow(nx, by + p.boxH / 2, nx, ny - 12, lit), arrow(px + 18, py, nx - 18, ny, lit),
      weightLabel(s, "hh", (px + nx) / 2, ny - 21, lit, tight)]
    : [arrow(bx + p.boxW / 2, by, nx - 18, ny, lit), arrow(px, py + 12, nx, ny - 12, lit),
      weightLabel(s, "hh", nx - 20, (py + ny) / 2 + 1, lit)];
  const values = s.inputs[t - 1].map((v, i) =>
    inBox(bx, by + 18 * (i - (s.I - 1) / 2), v, p.boxW - 4, p.small, `graph:x:${t}:${i}`));
  return rect(bx, by, p.boxW, p.boxH, "rk-box") + values.join("") + parts.join("") + toCells
    + weightLabel(s, "ih", ...ihAt, lit, tight) + weightLabel(s, "b", ...bAt, lit, tight)
    + arrow(...fromB, nx - 10 * towards, ny + (p.across ? 12 : -12), lit)
    + rect(nx, ny, 36, 24, `rk-node ${lit}`, 'ry="12"') + label(nx, ny, "tanh", "rk-quiet");
}

function timeline(s, width) {
  const p = places(s, width);
  const steps = s.states.map((_, t) => t);
  const cells = steps.map((t) => visible(s, t).map((value, j) =>
    heatCell(...p.cell(t, j), p.cellW, p.cellH, value, `heat:h:${t}:${j}`, p.small ? "rk-small" : "")).join(""));
  const heads = steps.map((t) => label(...(p.across ? [p.node(t)[0], 13] : [12, p.node(t)[1]]), t, "rk-quiet"));
  const rows = s.bias.map((_, j) => (p.across
    ? symbol(16, p.cell(0, j)[1], "h", j + 1) : symbol(p.cell(0, j)[0], 13, "h", j + 1)));
  const corner = p.across ? symbol(16, 13, "t", "") + symbol(16, p.box(0)[1], "x", "")
    : symbol(12, 13, "t", "") + symbol(46, 13, "x", "");
  const band = (t, gap, ...look) => (p.across
    ? rect(p.node(t)[0], p.height / 2, p.pitch - gap, p.height - gap, ...look)
    : rect(p.width / 2, p.node(t)[1], p.width - gap, p.pitch - gap, ...look));
  const now = band(s.step, 2, "rk-now", 'data-move="now"');
  const pick = rect(...p.cell(s.step, s.unit - 1), p.cellW, p.cellH, "rk-now", 'data-move="pick"');
  const hits = steps.map((t) => band(t, 0, "rk-hit", `data-step="${t}"`));
  const desc = `The same W_ih, W_hh and b stand at each of the ${s.T} steps. `
    + steps.map((t) => `After step ${t}: ${named(visible(s, t))}.`).join(" ");
  const body = [...heads, ...rows, corner, ...cells, now, pick, ...steps.map((t) => drawStep(s, p, t)), ...hits];
  const title = `Unrolled graph over ${s.T} steps, and heat map of h`;
  return svg(p.width, p.height, title, desc, body.join(""), "timeline");
}

function rolled(s) {
  const [x, y, h] = [92, 122, visible(s, s.step)];
  const input = s.step === 0 ? ["–"] : s.inputs[s.step - 1].map(short);
  const mark = (i) => (s.step === 0 ? "" : `data-cell="rolled:x:${i}"`);
  const values = h.map((value, j) => symbol(x + 78, y + 22 * (j - (s.H - 1) / 2), "h", j + 1)
    + label(x + 143, y + 22 * (j - (s.H - 1) / 2), number(value), "rk-number rk-end", `data-cell="rolled:h:${j}"`));
  const curves = [[[6, 72], [-82, 72], [-74, 14]], [[-70, -4], [-50, 0], [-24, 0]]]
    .map((points) => `C${points.map(([dx, dy]) => at(x + dx, y + dy)).join(" ")}`);
  const loop = `<path class="rk-arrow rk-lit" d="M${at(x + 8, y + 12)}${curves.join("")}"/>`
    + `<path class="rk-head rk-lit" d="M${at(x - 18, y)}l-7 -3.5v7z"/>`;
  const body = rect(x, 13 + 9 * s.I, 64, 10 + 18 * s.I, "rk-box") + symbol(x - 46, 13 + 9 * s.I, "x", "")
    + input.map((text, i) => label(x, 22 + 18 * i, text, "rk-number", mark(i))).join("")
    + arrow(x, 18 + 18 * s.I, x, y - 12, "rk-lit") + weightLabel(s, "ih", x + 19, 9 * s.I + 64, "rk-lit")
    + loop + weightLabel(s, "hh", x - 32, y + 40, "rk-lit")
    + weightLabel(s, "b", x + 34, y + 36, "rk-lit") + arrow(x + 28, y + 29, x + 14, y + 13, "rk-lit")
    + arrow(x + 18, y, x + 62, y, "rk-lit") + values.join("")
    + rect(x, y, 36, 24, "rk-node rk-lit", 'ry="12"') + label(x, y, "tanh", "rk-quiet");
  const desc = `One cell whose output returns to it through W_hh, at step ${s.step}. `
    + `Input ${input.join(", ")}; ${named(h)}.`;
  return svg(240, 200, "Rolled graph", desc, body, "rolled");
}

/** One weight with its numbers, for the still picture: [text, width, height], drawn from its upper left corner. */
function written(s, which, name, x, y) {
  const rows = which === "b" ? s.bias.map((v) => [v]) : s[name];
  const wide = Math.max(...rows.flat().map((v) => short(v).length)) * 8 + 10;
  const [width, height, left] = [wide * rows[0].length, 22 * rows.length, x + (which === "b" ? 32 : 56)];
  const numbers = rows.flatMap((row, j) => row.map((v, k) => label(left + wide * (k + 1) - 6, y + 22 * j + 11, short(v),
    "rk-number rk-end", `data-cell="weight:${which}:${j}:${k}"`)));
  const bracket = (at, turn) => `<path class="rk-arrow rk-lit" d="M${at + turn} ${y}H${at}v${height}h${turn}"/>`;
  const text = symbol(x + (which === "b" ? 8 : 20), y + height / 2, ...WEIGHTS[which], "rk-lit")
    + label(left - 12, y + height / 2, "=") + bracket(left - 2, 4) + bracket(left + width + 2, -4) + numbers.join("");
  return [text, left + width + 4 - x, height];
}

/** All weights, so that a reader can check the picture on paper: side by side in the room, or below each other. */
function weights(s, middle, y, room) {
  const all = [["ih", "weight_ih"], ["hh", "weight_hh"], ["b", "bias"]];
  const sizes = all.map((one) => written(s, ...one, 0, 0).slice(1));
  const across = sizes.reduce((sum, [width]) => sum + width + 28, -28);
  const beside = across <= room;
  let [x, top, text] = [middle - across / 2, y, ""];
  all.forEach((one, k) => {
    const [width, height] = sizes[k];
    text += written(s, ...one, beside ? x : middle - width / 2, top)[0];
    if (beside) x += width + 28;
    else top += height + 16;
  });
  return [text, beside ? Math.max(...sizes.map((size) => size[1])) : top - y - 16];
}

/** The path of the first two units; with one unit, its path along the line h₂ = 0. */
function plane(s) {
  const scale = (v) => 120 + 84 * v;
  const spot = (h) => [scale(h[0]), scale(-(h[1] ?? 0))];
  const known = s.states.map((_, t) => visible(s, t)).filter((h) => h[0] !== null);
  const line = (points, classes) => (points.length < 2 ? ""
    : `<path class="rk-path ${classes}" d="M${points.map((h) => at(...spot(h))).join("L")}"/>`);
  const circle = ([cx, cy], r, look) => `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="${r}" ${look}/>`;
  const dots = known.map((h, t) => circle(spot(h), 3.5, `class="rk-dot ${t <= s.step ? "rk-lit" : ""}"`));
  const grid = [-1, 0, 1].map((v) => `<path class="rk-grid-line" d="M36 ${scale(v)}H204M${scale(v)} 36V204"/>`
    + label(scale(v), 217, short(v), "rk-quiet") + label(22, scale(-v), short(v), "rk-quiet")).join("");
  const here = (h) => {
    const [cx, cy] = spot(h);
    return label(cx + (cx > 180 ? 20 : -20), cy + (cy > 180 ? 14 : -14), `t = ${s.step}`, "rk-quiet rk-halo")
      + circle([cx, cy], 8, 'class="rk-now" data-move="ring"');
  };
  const ring = s.step < known.length ? here(known[s.step]) : "";
  const desc = known.map((h, t) => `t = ${t}: ${named(h.slice(0, 2))}`).join("; ")
    + (known.length <= s.T ? "; the rest is hidden until you commit to a prediction." : ".");
  return svg(240, 240, "Path of h in the plane of its first two units", desc,
    grid + symbol(224, 120, "h", 1) + (s.H > 1 ? symbol(120, 22, "h", 2) : "")
    + line(known, "") + line(known.slice(0, s.step + 1), "rk-lit") + dots.join("") + ring, "plane");
}
