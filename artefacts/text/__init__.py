"""The runs of the page Text that continues: networks, tables, a file compressor, and what each way of writing writes.

Read in this order: tables.py, reading.py, writing.py, code.py, music.py, publish.py, record.py, __main__.py.
"""
