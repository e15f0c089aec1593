"""Which networks learn to bridge which lag: the runs of the page *Long memory, tested*.

Read in this order: networks.py, entries.py, train.py, record.py, __main__.py.
"""
