"""The MIME form of a mail: text, HTML with its pictures and, as the last alternative, a calendar part."""

from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from website.messaging.registry import Mail, Picture


class OutgoingEmail(EmailMultiAlternatives):
    """An e-mail whose calendar part carries its METHOD on the content type (RFC 6047 § 2.4)."""

    calendar_method = ""
    pictures: tuple[Picture, ...] = ()

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
        email.pictures = mail.pictures
        for attachment in mail.attachments:
            email.attach(attachment.filename, attachment.content, attachment.content_type)
        return email

    def message(self, *args: Any, **kwargs: Any) -> Message:
        message = super().message(*args, **kwargs)
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                part.set_param("method", self.calendar_method)
        if self.pictures:
            self._put_pictures_beside_html(message)
        return message

    def _put_pictures_beside_html(self, message: Message) -> None:
        """Make HTML and what it shows one alternative (multipart/related, RFC 2387). The others keep their order."""
        for part in list(message.walk()):
            if part.get_content_type() != "multipart/alternative":
                continue
            alternatives: list = part.get_payload()  # type: ignore[assignment] # of a multipart
            part.set_payload(
                [self._related(each) if each.get_content_type() == "text/html" else each for each in alternatives]
            )

    def _related(self, html: Message) -> Message:
        related = MIMEMultipart("related", type="text/html")
        del related["MIME-Version"]
        related.attach(html)
        for picture in self.pictures:
            image = MIMEImage(picture.content, picture.content_type.partition("/")[2])
            del image["MIME-Version"]
            image["Content-ID"] = f"<{picture.name}>"
            image.add_header("Content-Disposition", "inline", filename=_filename(picture))
            related.attach(image)
        return related


def _filename(picture: Picture) -> str:
    return f"{picture.name.partition('@')[0]}.{picture.content_type.partition('/')[2]}"
