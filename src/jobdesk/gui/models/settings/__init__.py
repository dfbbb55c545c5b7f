"""What the settings show, without Qt's widgets."""
