"""Where a video plays, found from the address an editor pasted. Nothing is fetched from the host."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

#: The only origins that pages with a video may frame (Content-Security-Policy).
FRAME_ORIGINS = ("https://www.youtube-nocookie.com", "https://player.vimeo.com")

YOUTUBE_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be", "www.youtube-nocookie.com"}
VIMEO_HOSTS = {"vimeo.com", "www.vimeo.com", "player.vimeo.com"}


@dataclass(frozen=True)
class Video:
    host: str
    embed_url: str


def find_video(url: str) -> Video | None:
    """Return the video at `url`, the page address at YouTube or Vimeo, or None if it is neither's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"}:
        return None
    if parts.hostname in YOUTUBE_HOSTS:
        return _youtube(parts.hostname, parts.path, parts.query)
    if parts.hostname in VIMEO_HOSTS:
        return _vimeo(parts.path, parts.query)
    return None


def _youtube(host: str, path: str, query: str) -> Video | None:
    if host == "youtu.be":
        key = path.strip("/")
    elif path == "/watch":
        key = parse_qs(query).get("v", [""])[0]
    else:
        match = re.fullmatch(r"/(?:embed|shorts|live)/([^/]+)/?", path)
        key = match.group(1) if match else ""
    if not re.fullmatch(r"[\w-]{6,20}", key, re.ASCII):
        return None
    return Video("YouTube", f"https://www.youtube-nocookie.com/embed/{key}?autoplay=1&rel=0")


def _vimeo(path: str, query: str) -> Video | None:
    match = re.fullmatch(r"/(?:video/)?(\d{5,12})(?:/([0-9a-f]{6,20}))?/?", path, re.ASCII)
    if match is None:
        return None
    # An unlisted video carries a key of its own, in the path or as ?h=.
    secret = match.group(2) or parse_qs(query).get("h", [""])[0]
    secret = f"&h={secret}" if re.fullmatch(r"[0-9a-f]{6,20}", secret, re.ASCII) else ""
    return Video("Vimeo", f"https://player.vimeo.com/video/{match.group(1)}?dnt=1&autoplay=1{secret}")
