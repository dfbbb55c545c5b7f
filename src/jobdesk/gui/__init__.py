"""The window and the tray: a client of the desk, and the only place with Qt."""
