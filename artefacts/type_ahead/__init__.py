"""The character network of Type Ahead: what it reads, how it is trained, and what its units follow.

Read in this order: corpus.py, train.py, ngram.py, labels.py, units.py, held.py, export.py, __main__.py.
"""
