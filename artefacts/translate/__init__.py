"""From one sequence to another: the runs of that page.

Read in this order: network.py, decode.py, words.py, align.py, sounds.py, removed.py, measures.py,
dates.py, sentences.py, report.py, record.py, __main__.py.
"""
