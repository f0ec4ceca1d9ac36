"""What must not be translated, out of the way of a model and back in its place."""
