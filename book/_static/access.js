// What scrolls sideways is reached by the keyboard, has a name, and shows at which side there is more.
(() => {
    const WIDE = ".pst-scrollable-table-container, .math > mjx-container, .rk-still, .cell_output > .output";

    const nameOf = (node) => {
        const table = node.querySelector("table");
        const number = node.parentElement.querySelector(".eqno")?.firstChild.data ?? "";
        if (!table) return node.matches("mjx-container") ? `Formula ${number}`.trim() : "Output";
        const heading = node.closest("section")?.querySelector("h1, h2, h3, h4")?.firstChild.textContent;
        return `Table: ${table.caption?.textContent ?? heading}`;
    };

    const edges = (node) => {
        const left = node.scrollLeft > 1;
        const right = node.scrollLeft + node.clientWidth < node.scrollWidth - 1;
        node.dataset.more = [left && "left", right && "right"].filter(Boolean).join(" ");
    };

    const refresh = (node) => {
        const scrolls = ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
        if (scrolls && node.scrollWidth > node.clientWidth + 1) {
            if (node.dataset.more === undefined) node.addEventListener("scroll", () => edges(node), { passive: true });
            node.tabIndex = 0;
            node.setAttribute("role", "group");
            node.setAttribute("aria-label", `${nameOf(node)}, scrolls sideways`);
            edges(node);
        } else if (node.dataset.more !== undefined) {
            for (const name of ["tabindex", "role", "aria-label"]) node.removeAttribute(name);
            node.dataset.more = "";
        }
    };

    let waiting = 0;
    const soon = () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => document.querySelectorAll(WIDE).forEach(refresh), 100);
    };
    const article = document.querySelector("article");
    if (!article) return;
    new ResizeObserver(soon).observe(article);
    document.addEventListener("toggle", soon, true);
    soon();
})();

// A word that was searched for is shown where it stands, in a fold that opens; formulas are left whole.
addEventListener("load", () => setTimeout(() => {
    document.querySelectorAll("mjx-container .highlighted").forEach((mark) => {
        if (mark.matches("rect")) mark.remove();
        else mark.replaceWith(...mark.childNodes);
    });
    const found = [...document.querySelectorAll("article .highlighted")].find((mark) => !mark.closest(".rk-explorer"));
    if (!found || location.hash) return;
    for (let fold = found.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    found.scrollIntoView({ block: "center" });
}, 50)); // Sphinx marks the words in a task of its own
