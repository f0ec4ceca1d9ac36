"""Segments in, text out: batching and models. Knows nothing of protobuf messages or gRPC."""
