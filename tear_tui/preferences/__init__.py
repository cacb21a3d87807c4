"""Settings and keys: where they come from, what they may be, and writing them down."""
