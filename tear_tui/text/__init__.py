"""What is shown, before there is a widget for it: made safe, cut, aligned, drawn. Pure."""
