// Native number fields, made to take numbers as people write and paste them.

const WRITTEN = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const asTyped = (text) => text.trim().replaceAll(MINUS, "-").replaceAll(",", ".");

/** A number field: a comma is a decimal point, a true minus is a minus, and the wheel scrolls the page. */
function numberField(attributes, refuse) {
  const field = dom("input", { type: "number", step: "any", ...attributes });
  field.addEventListener("wheel", () => field.blur(), { passive: true }); // or the wheel would change the number
  field.addEventListener("beforeinput", (event) => {
    const text = event.data ?? "";
    if (event.inputType === "insertFromPaste" || asTyped(text) === text.trim()) return;
    event.preventDefault();
    document.execCommand("insertText", false, asTyped(text)); // the one way to write at the caret of a number field
  });
  field.addEventListener("paste", (event) => {
    event.preventDefault();
    const text = asTyped(event.clipboardData.getData("text/plain"));
    if (!WRITTEN.test(text)) {
      refuse("What you pasted is not one number, so nothing was changed.");
      return;
    }
    field.value = Number(text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return field;
}

/** A field of a matrix. Each key writes; what ends as no number takes back the value from when it got the focus. */
function entry({ title, limit, read, write, refuse }) {
  const field = numberField({ "aria-label": title, "data-edit": title }, refuse);
  const usable = () => Number.isFinite(field.valueAsNumber) && Math.abs(field.valueAsNumber) <= limit;
  let kept = read();
  field.addEventListener("focus", () => { kept = read(); });
  field.addEventListener("input", () => {
    if (usable()) field.removeAttribute("aria-invalid");
    else field.setAttribute("aria-invalid", "true");
    if (usable()) write(field.valueAsNumber);
  });
  const settle = () => {
    if (usable()) {
      kept = field.valueAsNumber;
      return;
    }
    if (read() !== kept) write(kept);
    field.value = kept;
    field.removeAttribute("aria-invalid");
    refuse(`${title} needs a number from ${MINUS}${limit} to ${limit}; it stays ${short(kept)}.`);
  };
  field.addEventListener("change", settle); // Enter
  field.addEventListener("blur", settle); // what was pasted changes no field in the browser's eyes
  return { field, refresh: () => { if (document.activeElement !== field) field.value = read(); } };
}

/** A matrix of such fields; `inSteps` sets each row as the column of a step, and wraps. */
function numberGrid({ legend, rows, cols, title, inSteps, limit, read, write, refuse }) {
  const fields = [];
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) {
    const own = { read: () => read(r, c), write: (value) => write(r, c, value) };
    fields.push(entry({ title: title(r, c), limit, refuse, ...own }));
  }
  const all = fields.map((f) => f.field);
  const number = (r) => dom("span", { "aria-hidden": "true" }, r + 1); // each field bears its step in its name
  const column = (r) => dom("div", { class: "rk-column" }, number(r), ...all.slice(r * cols, (r + 1) * cols));
  const grid = inSteps ? dom("div", { class: "rk-columns" }, ...Array.from({ length: rows }, (_, r) => column(r)))
    : dom("div", { class: "rk-grid", style: `--rk-cols: ${cols}` }, ...all);
  const classes = inSteps ? "rk-matrix rk-steps" : "rk-matrix";
  const element = dom("fieldset", { class: classes }, dom("legend", { html: legend }), grid);
  return { element, refresh: () => fields.forEach((f) => f.refresh()) };
}
