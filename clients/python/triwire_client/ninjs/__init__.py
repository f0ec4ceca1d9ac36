"""ninjs, IPTC's "News in JSON" (version 3): an item becomes content to send, a result becomes an item in each language.

It knows nothing about calls and commands. docs/ninjs.md has the mapping.
"""

from triwire_client.ninjs.checks import NinjsError
from triwire_client.ninjs.item import NinjsItem, read_ninjs
from triwire_client.ninjs.output import NinjsOutput, write_ninjs

__all__ = ["NinjsError", "NinjsItem", "NinjsOutput", "read_ninjs", "write_ninjs"]
