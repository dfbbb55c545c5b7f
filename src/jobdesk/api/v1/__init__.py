"""The whole desk over HTTP, one module a noun."""
