"""What is read for a summary, and how an answer becomes statements that rest on blocks."""
