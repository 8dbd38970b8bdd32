"""The MIME form of a mail: text, HTML and, as the last alternative, a calendar part."""

from email.message import Message
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from website.messaging.registry import Mail


class OutgoingEmail(EmailMultiAlternatives):
    """An e-mail whose calendar part carries its METHOD on the content type (RFC 6047 § 2.4)."""

    calendar_method = ""

    @classmethod
    def from_mail(cls, mail: Mail, *, to: str, message_id: str) -> Self:
        """Return the e-mail of a rendered mail to one address. What cannot be delivered returns to BOUNCE_ADDRESS."""
        headers = {
            "Message-ID": message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",  # Exchange: no "I am away" to a mail from a system
        }
        if settings.BOUNCE_ADDRESS:
            headers["From"] = settings.DEFAULT_FROM_EMAIL
        email = cls(
            subject=" ".join(mail.subject.split()),
            body=mail.text,
            from_email=settings.BOUNCE_ADDRESS or settings.DEFAULT_FROM_EMAIL,  # the envelope's sender
            to=[to],
            reply_to=[mail.reply_to] if mail.reply_to else None,
            headers=headers,
        )
        if mail.html:
            email.attach_alternative(mail.html, "text/html")
        if mail.calendar:
            email.calendar_method = mail.calendar.method
            email.attach_alternative(mail.calendar.content, "text/calendar")
        for attachment in mail.attachments:
            email.attach(attachment.filename, attachment.content, attachment.content_type)
        return email

    def message(self, *args: Any, **kwargs: Any) -> Message:
        message = super().message(*args, **kwargs)
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                part.set_param("method", self.calendar_method)
        return message
