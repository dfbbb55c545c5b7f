"""Success assertions: the editor that jobs and queues have, and trying them."""
