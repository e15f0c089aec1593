"""From a problem set's source to what students get, and to a course folder for nbgrader."""
