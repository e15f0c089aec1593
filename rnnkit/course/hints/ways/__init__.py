"""General ways to find a fault that no one listed: each tries something on the answer, or on the right function.

What comes out is believed only if it holds on every case. The sentences stand in ``words.md``.
"""
