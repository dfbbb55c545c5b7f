"""Where the values of secrets are. See :class:`Vault`."""

from jobdesk.vault.vault import Place, Vault

__all__ = ["Place", "Vault"]
