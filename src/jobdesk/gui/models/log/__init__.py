"""An attempt's log in memory: lines, search, selection; without Qt."""
