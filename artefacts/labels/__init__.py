"""A label for a sequence, a label for every step: the runs of that page.

Read in this order: digits.py, reviews.py, tags.py, tagging.py, report.py, record.py, __main__.py.
"""
