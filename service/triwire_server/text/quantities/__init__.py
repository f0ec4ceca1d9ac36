"""Numbers, amounts, dates and times of a text as values, and their comparison."""
