"""Render a mail from its two templates."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from website.messaging.registry import Attachment, Calendar, Mail, Picture


def render_mail(
    template: str,
    context: Mapping[str, Any],
    *,
    subject: str,
    calendar: Calendar | None = None,
    reply_to: str = "",
    attachments: tuple[Attachment, ...] = (),
    pictures: tuple[Picture, ...] = (),
) -> Mail:
    """Return the mail of `<template>.txt` and `<template>.html`, both given `context`, subject and provider.

    Of the pictures those go along that its HTML shows.
    """
    values = {"provider": settings.PROVIDER, "site_url": settings.SITE_URL, "subject": subject, **context}
    text = render_to_string(f"{template}.txt", values)
    html = render_to_string(f"{template}.html", values)
    return Mail(
        subject=subject,
        text="\n".join(_without_gaps(text.splitlines())).strip() + "\n",
        html=html,
        calendar=calendar,
        reply_to=reply_to,
        attachments=attachments,
        pictures=tuple(picture for picture in pictures if f"cid:{picture.name}" in html),
    )


def _without_gaps(lines: list[str]) -> list[str]:
    """Drop the second and further blank lines in a row, which template tags leave behind."""
    stripped = [line.rstrip() for line in lines]
    return [line for at, line in enumerate(stripped) if line or (at and stripped[at - 1])]
