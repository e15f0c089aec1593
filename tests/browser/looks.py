"""What of a card breaks a rule of its look, found by the page itself: functions of a card, as JavaScript."""

# Texts of a picture that meet another text or a handle, or leave the card.
COLLIDING = """(card) => {
    const found = [];
    const inner = (n) => { // a text's box is higher than its letters
        const { left, right, top, bottom } = n.getBoundingClientRect();
        const by = 0.2 * (bottom - top);
        const turned = n.getAttribute("transform")?.includes("rotate");
        return turned ? { left: left + 0.2 * (right - left), right: right - 0.2 * (right - left), top, bottom }
            : { left, right, top: top + by, bottom: bottom - by };
    };
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5;
    const edge = card.getBoundingClientRect();
    for (const picture of card.querySelectorAll(".rk-picture:has(svg)")) {
        const texts = [...picture.querySelectorAll("svg text")]
            .filter((n) => n.textContent.trim() && getComputedStyle(n).visibility !== "hidden");
        const boxes = texts.map((n) => [n.textContent, inner(n)]);
        const knobs = [...picture.querySelectorAll(".rk-handle span")]
            .map((n) => [`knob ${n.textContent}`, n.getBoundingClientRect()]);
        const all = [...boxes, ...knobs];
        boxes.forEach(([name, a], k) => {
            for (const [other, b] of all.slice(k + 1)) if (meet(a, b)) found.push(`${name} meets ${other}`);
        });
        for (const [name, a] of all) {
            if (a.left < edge.left - 1 || a.right > edge.right + 1) found.push(`${name} leaves the card`);
        }
        for (const text of texts) {
            const frame = text.closest("svg").getBoundingClientRect();
            const { top, bottom } = inner(text);
            if (top < frame.top - 2 || bottom > frame.bottom + 2) found.push(`${text.textContent} leaves its picture`);
        }
        const next = picture.nextElementSibling?.getBoundingClientRect();
        const svg = picture.querySelector("svg").getBoundingClientRect();
        if (svg.right > edge.right + 1) found.push("the picture is wider than the card");
        if (next && meet(svg, next)) found.push("the picture lies over its neighbour");
    }
    return found;
}"""

# Text whose contrast with what is painted below it is too low, as [text, contrast].
UNREADABLE = """(root) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = (rgb) => rgb.slice(0, 3).map((c) => linear(c / 255))
        .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
    const page = rgba(getComputedStyle(document.body).backgroundColor);
    const ground = page[3] ? page : [255, 255, 255, 1];
    const paint = (node, x, y) => {
        const style = getComputedStyle(node);
        const faint = Number(style.opacity);
        if (node instanceof SVGGeometryElement) {
            if (style.fill === "none" || style.visibility === "hidden") return null;
            const at = new DOMPoint(x, y).matrixTransform(node.getScreenCTM().inverse());
            if (!node.isPointInFill(at)) return null;
            const [r, g, b, a] = rgba(style.fill);
            return [r, g, b, a * faint * Number(style.fillOpacity)];
        }
        if (node instanceof SVGElement) return null;
        const [r, g, b, a] = rgba(style.backgroundColor);
        return a ? [r, g, b, a * faint] : null;
    };
    const below = (node, x, y) => {
        const picture = node.ownerSVGElement && node.closest(".rk-picture, .rk-still, body");
        const shapes = [...picture?.querySelectorAll("svg *") ?? []].filter((n) => n instanceof SVGGeometryElement
            && n.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING);
        const boxes = [];
        let up = node instanceof SVGElement ? node.closest("div, figure") : node;
        for (; up; up = up.parentElement) boxes.unshift(up);
        const painted = [...boxes, ...shapes].map((n) => paint(n, x, y)).filter(Boolean);
        return painted.reduce((under, top) => over(top, under), ground);
    };
    const bad = [];
    for (const place of document.querySelectorAll(root)) {
        for (const node of place.querySelectorAll("*")) {
            const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
            const box = node.getBoundingClientRect();
            const style = getComputedStyle(node);
            if (!own || !box.width || style.visibility === "hidden" || node.closest(".rk-unseen")) continue;
            const inSvg = node instanceof SVGElement;
            const halo = inSvg && style.stroke !== "none" && style.paintOrder.startsWith("stroke");
            const under = halo ? rgba(style.stroke) : below(node, box.left + box.width / 2, box.top + box.height / 2);
            const text = over(rgba(inSvg ? style.fill : style.color), under);
            const [low, high] = [light(text), light(under)].sort((a, b) => a - b);
            const size = parseFloat(style.fontSize);
            const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            const contrast = (high + 0.05) / (low + 0.05);
            const enough = (large ? 3 : 4.5) - 0.02;
            if (contrast < enough) bad.push([node.textContent.trim(), Math.round(contrast * 100) / 100]);
        }
    }
    return bad;
}"""

# What leaves the card at a side; what is wide scrolls in a place of its own.
LEAVING = """(card) => [...card.querySelectorAll("*")]
    .filter((n) => n.getClientRects().length && !n.closest(".rk-unseen, .rk-twin *") && !n.matches(".rk-handle"))
    .filter((n) => n.getBoundingClientRect().right > card.getBoundingClientRect().right + 1
        || n.getBoundingClientRect().left < card.getBoundingClientRect().left - 1)
    .map((n) => n.outerHTML.slice(0, 120))"""

# What one presses or drags and is less than 44 px in a direction.
SMALL_TARGETS = """(card) => [...card.querySelectorAll("button, input, select, summary, .rk-handle, .rk-region")]
    .filter((n) => n.getClientRects().length && getComputedStyle(n).visibility !== "hidden")
    .filter((n) => Math.min(n.getBoundingClientRect().width, n.getBoundingClientRect().height) < 43.9)
    .map((n) => n.outerHTML.slice(0, 160))"""

SMALL_TEXT = """(card) => [...card.querySelectorAll("*")]
    .filter((n) => n.getClientRects().length && !n.closest(".rk-unseen"))
    .filter((n) => [...n.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
    .filter((n) => {
        const scale = n.getScreenCTM ? Math.hypot(n.getScreenCTM().a, n.getScreenCTM().b) : 1;
        return parseFloat(getComputedStyle(n).fontSize) * scale < 11.9;
    })
    .map((n) => n.outerHTML.slice(0, 120))"""

# Lines and shapes that carry meaning, and that forced colours would leave without any colour of their own.
LOST = """(card) => {
    const canvas = getComputedStyle(document.body).backgroundColor;
    const bare = (colour) => colour === "none" || colour === canvas;
    return [...card.querySelectorAll(".rk-picture svg :is(path, line, rect, circle)")]
        .filter((n) => /rk-(trace|curve|now|wire|cell|ball|point|axis|bar)/.test(n.getAttribute("class") ?? ""))
        .filter((n) => n.getBoundingClientRect().width + n.getBoundingClientRect().height > 0)
        .filter((n) => bare(getComputedStyle(n).stroke) && bare(getComputedStyle(n).fill))
        .map((n) => n.outerHTML.slice(0, 120));
}"""

# The contrast of each of these marks with the card, of its fill or of its edge, whichever is larger: [class, contrast].
CONTRASTS = """(card, marks) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const light = (...layers) => { // painted over one another: [colour, opacity]
        context.clearRect(0, 0, 1, 1);
        for (const [colour, opacity] of layers) {
            context.globalAlpha = opacity;
            context.fillStyle = colour;
            context.fillRect(0, 0, 1, 1);
        }
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
            .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
    };
    const page = [getComputedStyle(card).backgroundColor, 1];
    const ground = light(page);
    return [...card.querySelectorAll(marks)].filter((n) => n.getAttribute("d") !== "").map((n) => {
        const style = getComputedStyle(n);
        const parts = [["fill", style.fillOpacity], ["stroke", style.strokeOpacity]]
            .filter(([one]) => style[one] !== "none");
        const found = parts.map(([one, opacity]) => light(page, [style[one], style.opacity * opacity]))
            .map((of) => (Math.max(of, ground) + 0.05) / (Math.min(of, ground) + 0.05));
        return [n.getAttribute("class"), Math.max(...found)];
    });
}"""
