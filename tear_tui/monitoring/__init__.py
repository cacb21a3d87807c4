"""How learning goes, read from its log and told in words and lines."""
