"""Strings the stages together for one article: text -> engine -> text. Knows no gRPC context."""
