"""Search words are names and addresses, so they stand in no URL: the address carries a key, the session the words.

The key means something to that one session only, and goes when the session does. Filters stay in the URL.
"""

import secrets

from django.contrib.sessions.backends.base import SessionBase

SESSION_KEY = "participants-searches"
#: The query key that stands in the URL instead of the words.
PARAMETER = "search"
#: As many searches as the tabs somebody may have open.
KEPT = 20


def remember(session: SessionBase, words: str) -> str:
    """Keep the words in the session and return the key to them; nothing for no words."""
    words = " ".join(words.replace("\x00", "").split())[:200]
    if not words:
        return ""
    searches: dict[str, str] = session.get(SESSION_KEY, {})
    key = next((key for key, kept in searches.items() if kept == words), None) or secrets.token_hex(4)
    searches.pop(key, None)
    searches[key] = words
    session[SESSION_KEY] = dict(list(searches.items())[-KEPT:])
    return key


def recall(session: SessionBase, key: str) -> str:
    """Return the words behind a key, or nothing when this session does not know it (any more)."""
    return session.get(SESSION_KEY, {}).get(key, "")
