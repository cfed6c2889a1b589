"""The keys of personal data, as the settings name them, and the hash of the audit log."""

from db.encryption.keys import CipherKind, DigestKind, KeySource, ensure_key_file, source
from db.encryption.vault import Vault
from db.security.audit_log import Digest
from hub.settings import Settings


def key_source(settings: Settings) -> KeySource:
    """Where the keys come from: the setting itself, else the key file.

    Raises:
        KeyRingError: they are missing or cannot be used; the message says what to do.
    """
    return source(settings.key_file, settings.keys.get_secret_value() if settings.keys else None)


def vault_of(settings: Settings) -> Vault:
    """The vault that encrypts and decrypts personal data.

    Raises:
        KeyRingError: as of ``key_source``.
    """
    return Vault(key_source(settings))


def demonstration_keys(settings: Settings) -> KeySource:
    """``key_source``, with a new key file if it is missing: for synthetic data.

    Raises:
        KeyRingError: the keys cannot be used, or the file cannot be written.
    """
    if settings.keys is None:
        ensure_key_file(settings.key_file, *kinds(settings))
    return key_source(settings)


def kinds(settings: Settings) -> tuple[CipherKind, DigestKind]:
    """The cipher and index hash of the next key version."""
    return CipherKind(settings.cipher), DigestKind(settings.index_digest)


def digest_of(settings: Settings) -> Digest:
    """The hash that chains the audit log."""
    return Digest[settings.audit_digest.replace("-", "")]
