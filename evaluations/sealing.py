"""The keys of evaluations, by libsodium (PyNaCl).

Each evaluation has a key pair of its own. The web seals ballots to its public key. Its private key is stored sealed
to the worker's, and destroyed at closing: then nothing in the database opens a ballot any more. A backup taken while
it was open still holds both, and the worker's key of that time opens them (docs/evaluations-anonymity.md). The
worker's private key stands in EVALUATION_PRIVATE_KEYS, in the worker's environment only.
"""

from collections.abc import Sequence

from django.conf import settings
from nacl.encoding import Base64Encoder
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from evaluations.exceptions import KeyMissing, KeyWrong


def new_worker_key() -> str:
    """Return a new private key as EVALUATION_PRIVATE_KEYS takes it (base64)."""
    return PrivateKey.generate().encode(Base64Encoder).decode()


def new_evaluation_keys() -> tuple[bytes, bytes]:
    """Return (public key, private key sealed to the worker's newest). Raises KeyMissing outside the worker."""
    newest = worker_keys()[0]
    private = PrivateKey.generate()
    return private.public_key.encode(), SealedBox(newest.public_key).encrypt(private.encode())


def seal(content: bytes, public_key: bytes) -> bytes:
    """Return the content sealed: only who has the private key opens it, and nobody can tell who sealed it."""
    return SealedBox(PublicKey(public_key)).encrypt(content)


def evaluation_key(sealed_key: bytes) -> PrivateKey:
    """Return an evaluation's private key. Raises KeyMissing, or KeyWrong if none of the worker's keys opens it."""
    for key in worker_keys():
        try:
            return PrivateKey(SealedBox(key).decrypt(sealed_key))
        except CryptoError:
            continue
    raise KeyWrong


def unseal(sealed: bytes, key: PrivateKey) -> bytes:
    """Return what was sealed. Raises ValueError for what this key does not open: damaged or forged."""
    try:
        return SealedBox(key).decrypt(sealed)
    except (CryptoError, TypeError) as error:
        raise ValueError("The key does not open it.") from error


def worker_keys() -> Sequence[PrivateKey]:
    """Return the worker's private keys, the newest first. Raises KeyMissing when there is none."""
    if not settings.EVALUATION_PRIVATE_KEYS:
        raise KeyMissing
    return [PrivateKey(key.encode(), Base64Encoder) for key in settings.EVALUATION_PRIVATE_KEYS]
