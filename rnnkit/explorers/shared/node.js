// Markup as data: the same nodes become text (for paper and the build) and a living page, in which only what has
// changed is touched.

const SVG = "http://www.w3.org/2000/svg";

/** A node: h("rect", { x: 1 }, child, ...). null and false stand for nothing, and keep the others in their places. */
export const h = (tag, attributes = {}, ...children) => ({ tag, attributes, children: children.flat() });

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const isNothing = (node) => node === null || node === undefined || node === false;
const isSet = (value) => !isNothing(value) && typeof value !== "function";
const written = (value) => (value === true ? "" : String(value));

/** The nodes as markup. Handlers are left out. */
export function toText(nodes) {
  return [nodes].flat().map((node) => {
    if (isNothing(node)) return "";
    if (node.tag === undefined) return escaped(node);
    const set = Object.entries(node.attributes).filter(([, value]) => isSet(value));
    const attributes = set.map(([name, value]) => ` ${name}="${escaped(written(value))}"`).join("");
    return `<${node.tag}${attributes}>${toText(node.children)}</${node.tag}>`;
  }).join("");
}

function setAttributes(element, before, now) {
  for (const name of Object.keys(before)) if (!(name in now)) setOne(element, name, null);
  for (const name of Object.keys(now)) if (before[name] !== now[name]) setOne(element, name, now[name]);
}

function setOne(element, name, value) {
  if (name.startsWith("on")) element[name] = value;
  else if (isSet(value)) element.setAttribute(name, written(value));
  else element.removeAttribute(name);
}

/** The page's own node for one of ours. */
export function make(node, inSvg = false) {
  if (isNothing(node)) return document.createTextNode("");
  if (node.tag === undefined) return document.createTextNode(node);
  const svg = inSvg || node.tag === "svg";
  const element = svg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  setAttributes(element, {}, node.attributes);
  element.append(...node.children.map((child) => make(child, svg)));
  element.node = node;
  return element;
}

/** Make the children of `place` these nodes; the n-th stays the n-th as long as its tag does. */
export function patch(place, nodes) {
  const svg = place.namespaceURI === SVG;
  let old = place.firstChild;
  for (const node of nodes) {
    const next = old?.nextSibling;
    const before = old?.node;
    if (!old) place.append(make(node, svg));
    else if (isNothing(node) || node.tag === undefined) {
      const text = isNothing(node) ? "" : String(node);
      if (old.nodeType !== 3) old.replaceWith(text);
      else if (old.data !== text) old.data = text;
    } else if (before?.tag !== node.tag) {
      old.replaceWith(make(node, svg));
    } else if (before !== node) {
      setAttributes(old, before.attributes, node.attributes);
      patch(old, node.children);
      old.node = node;
    }
    old = next;
  }
  for (let last = old; last; last = old) {
    old = last.nextSibling;
    last.remove();
  }
}
