"""How one attempt of an action is really run; knows nothing of the database."""
