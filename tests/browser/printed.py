"""What stands on a printed page, and how it is filled: measured on the picture of it."""

import numpy as np
import pypdfium2

MARGINS = {"top": "20mm", "right": "18mm", "bottom": "22mm", "left": "18mm"}
HEIGHT = 297  # mm, A4


def texts(file):
    """The text of each page of a file, its lines as they stand."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(file)]


def tails(file):
    """For each page of a file, the share of the printed area below its last ink."""
    found = []
    for page in pypdfium2.PdfDocument(file):
        picture = page.render(scale=0.5, grayscale=True).to_numpy().squeeze()
        top, bottom = (int(len(picture) * mm / HEIGHT) for mm in (21, HEIGHT - 24))  # without the lines of the margins
        inked = np.flatnonzero((picture[top:bottom] < 200).any(axis=1))
        found.append(1 - (inked[-1] + 1) / (bottom - top) if len(inked) else 1.0)
    return found
