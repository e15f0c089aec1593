"""The networks of Evidence Bench, and how often each method names their planted steps."""
