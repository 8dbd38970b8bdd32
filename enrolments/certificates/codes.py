"""The code of a certificate: random, and written so that it can be read aloud and typed from paper.

Letters and digits that look alike are left out (Crockford's base 32), and forgiven when somebody types them.
"""

import re
import secrets

from enrolments.check_in_codes import ALIKE, ALPHABET

#: Five bits each: 60 bits, so that a guess a second hits one of a million certificates once in 36,000 years.
SIGNS = 12
GROUP = 4
CODE = re.compile(rf"[{ALPHABET}]{{{SIGNS}}}")
#: What people put between the groups, or a pencil leaves there.
BETWEEN = re.compile(r"[\s\-–—_.·/]+")


def new_code() -> str:
    """Return a new code, such as "7F2Q-XA4K-RT9B"."""
    return _written("".join(secrets.choice(ALPHABET) for _sign in range(SIGNS)))


def read_code(text: str) -> str:
    """Return the code that somebody typed or followed, as it is written; "" for what cannot be one."""
    signs = BETWEEN.sub("", text).casefold().translate(ALIKE)
    return _written(signs) if CODE.fullmatch(signs) else ""


def _written(signs: str) -> str:
    return "-".join(signs[at : at + GROUP] for at in range(0, SIGNS, GROUP)).upper()
