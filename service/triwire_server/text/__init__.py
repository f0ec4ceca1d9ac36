"""Pure functions on text and contract messages. Knows no device, no network and no clock."""
