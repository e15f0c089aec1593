"""Depth, levels, dropout and cells, compared: the runs of the page *Building with cells*.

Read in this order: layers.py, networks.py, entries.py, train.py, record.py, __main__.py. The tasks' rules, the first
weights and an update are those of ``artefacts/long_memory``.
"""
