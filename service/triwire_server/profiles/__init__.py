"""Which models a server serves, where they come from and how they are asked. Knows no tensors and no network."""
