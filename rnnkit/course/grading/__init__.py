"""Grade a course with nbgrader: a sandbox under every submission, one result a check, an export that asks first.

Nothing here is imported by students' notebooks: ``rnnkit.course`` works without nbgrader.
"""
