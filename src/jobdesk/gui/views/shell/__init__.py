"""The window around the pages: frame, navigation, menus, status, start."""
