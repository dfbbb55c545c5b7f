"""Tables over a window of rows, fetched off the GUI thread."""
