"""Print the built book through Chromium into one file.

    python -m book._pdf [the folder of the built book] [the file] [the pages to print alone]

The numbers in the table of contents come from the file itself: it is printed until they no longer change.
"""

import shutil
import sys
from pathlib import Path

import yaml
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader

from book._pdf.assemble import document, read

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "_build"
STYLE = Path(__file__).with_name("paper.css")
BLANK = """async () => {
    await document.fonts.ready;
    const uses = [...document.querySelectorAll(".math use")];
    const dangling = uses.filter((n) => !document.getElementById(n.getAttribute("href").slice(1)));
    return dangling.length + document.querySelectorAll(".math:not(:has(svg))").length;
}"""


def numbers_of(pdf: Path) -> dict[str, int]:
    """The page, counted from 1, of everything that a link inside the file leads to."""
    reader = PdfReader(pdf)
    return {
        name.lstrip("/"): reader.get_destination_page_number(d) + 1 for name, d in reader.named_destinations.items()
    }


def print_once(browser_page: Page, source: Path, text: str, target: Path) -> None:
    source.write_text(text, encoding="utf-8")
    browser_page.goto(source.as_uri())
    browser_page.wait_for_load_state("load")
    blank = browser_page.evaluate(BLANK)
    if blank:
        raise SystemExit(f"{blank} formulas or parts of formulas are blank.")
    browser_page.pdf(path=target, outline=True, tagged=True, prefer_css_page_size=True, print_background=True)


def main(html: Path = BUILD / "html", target: Path = BUILD / "pdf" / "book.pdf", *names: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Printing the book needs Chromium: Debian's package chromium, or any on the PATH.")
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    pages, style = read(html, ROOT / "_toc.yml", names), STYLE.read_text("utf-8")
    source = html.parent / "pdf" / f"{target.stem}.html"
    source.parent.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    numbers: dict[str, int] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        for _ in range(4):
            text = document(pages, config["title"], config["author"], config["html"]["extra_footer"], style, numbers)
            print_once(page, source, text, target)
            before, numbers = numbers, numbers_of(target)
            if numbers == before:
                break
        else:
            raise SystemExit("The page numbers of the table of contents did not settle in four prints.")
        browser.close()
    print(f"The book is in {target}: {len(PdfReader(target).pages)} pages.")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]), *sys.argv[3:])
