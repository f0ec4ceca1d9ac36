"""The commands of `triwire-server`, a file each: they read flags and write for people; the work is done elsewhere."""
