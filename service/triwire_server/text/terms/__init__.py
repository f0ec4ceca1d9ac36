"""Glossary terms: found in a source, put right in an output, with Korean particles that agree."""
