"""What trains too long for a page: a folder each, with its script, its pinned data and its record."""
