"""The network of *It runs in your page*: what it reads, how it is trained, and what fewer bits a weight cost it.

Read in this order: train.py, measure.py, __main__.py.
"""
