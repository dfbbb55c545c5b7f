"""How one attempt of an action is really run; see :mod:`jobdesk.engine.runners.base`."""
