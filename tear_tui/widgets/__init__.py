"""Widgets: they show plain data and post messages, and know no engine and no database."""
