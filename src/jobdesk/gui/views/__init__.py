"""The shell, one module per page, and the dialogs."""
