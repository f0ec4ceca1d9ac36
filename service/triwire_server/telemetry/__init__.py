"""What operators see of a server: metrics, traces, logs, and whether the event loop keeps up."""
