"""The statements of each step of the schema, in the order of their numbers. See `migrations`."""
