"""The HTTP door: Recuro's calls, and the whole desk under ``/api/v1``. Served in the
engine's process, it calls nothing but the desk; see ``service.py`` for its life."""
