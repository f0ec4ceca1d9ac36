"""A published page, flattened or HTML, as labelled blocks. Knows nothing of models or languages served."""
