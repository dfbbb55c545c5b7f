"""What the window shows of alerts, without Qt's widgets."""
