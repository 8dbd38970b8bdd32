"""Certificates as PDF/UA documents, set from what was frozen when they were issued and from nothing else."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import IO, Any, Self

import segno
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enrolments.certificates import words
from enrolments.certificates.data import Data, logo
from enrolments.models import Certificate
from website.core.danish import written
from website.core.pdf import render_pdf

#: Which of the eight patterns the QR code is laid under. Weighing them all takes longer than setting the page.
MASK = 2
#: So many days are named one by one; of more only the first and the last, and the list below has them all.
DAYS_NAMED = 4


class CertificateGone(Exception):
    """The personal data of the certificate is deleted: there is nothing left to print."""


def certificate_pdf(certificate: Certificate) -> bytes:
    """Return one certificate as PDF. Raises CertificateGone."""
    return certificates_pdf([certificate])


def certificates_pdf(certificates: Sequence[Certificate]) -> bytes:
    """Return these certificates as one PDF to print, each beginning on a page of its own. Raises CertificateGone."""
    if not certificates or any(not certificate.data for certificate in certificates):
        raise CertificateGone
    first = certificates[0].data
    with translation.override(first["lang"]):
        title = _("Certificate: %(course)s") % {"course": first["course"]}
        if len(certificates) > 1:
            title = _("Certificates: %(course)s") % {"course": first["course"]}
        values = {
            "certificates": [_printed(certificate.data) for certificate in certificates],
            "logo": _logo(first),
            "words": _words(),
        }
        return render_pdf("certificate", values, title=title)


class ZipOfCertificates:
    """Writes a ZIP with a PDF for each certificate. A PDF is packed already, so it is only stored."""

    def __init__(self, file: IO[bytes]) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._archive.close()

    def add(self, certificate: Certificate) -> None:
        self._archive.writestr(filename(certificate, with_name=True), certificate_pdf(certificate))


def filename(certificate: Certificate, *, with_name: bool = False) -> str:
    """Return what the file is called: by its course, or (for the organiser's files) by its participant."""
    data = certificate.data
    what = data["name"] if with_name else data["course"]
    with translation.override(data["lang"]):
        return f"{slugify(_('Certificate'))}-{_ascii(what)[:60].strip('-')}-{certificate.code}.pdf"


def _ascii(text: str) -> str:
    for letter, letters in (("æ", "ae"), ("ø", "oe"), ("å", "aa")):
        text = text.casefold().replace(letter, letters)
    return slugify(text)


def _printed(data: Data) -> dict[str, Any]:
    """Return what the template shows of one certificate: words instead of numbers, and its QR code."""
    signatory, provider = data["signatory"], data["provider"]
    facts = [
        [_("Hours attended"), words.attended(data)],
        *([[_("Place"), data["place"]]] if data["place"] else []),
        *data["facts"],
    ]
    return {
        "name": data["name"],
        "course": data["course"],
        "run": data["run"],
        "held": words.held_on(data) if len(data["days"]) <= DAYS_NAMED else words.period_of(data),
        "facts": facts,
        "days": [_day(day) for day in data["days"]] if len(data["days"]) > 1 else [],
        "times": _times(data["days"][0]) if len(data["days"]) == 1 else "",
        "objectives": data["objectives"],
        "rule": data["rule"] if data["is_met"] else "",
        "issued": _("Issued on %(date)s") % {"date": words.on_date(data["issued_on"])},
        "version": _("Version %(version)s") % {"version": data["version"]} if data["version"] > 1 else "",
        "signatory": [line for line in (signatory["name"], signatory["title"]) if line],
        "provider": provider["long_name"] or provider["name"],
        "short": provider["name"],
        "cvr": _("CVR %(number)s") % {"number": provider["cvr"]} if provider["cvr"] else "",
        "address": provider["address"],
        "code": data["code"],
        "url": data["url"],
        "shown_url": data["url"].partition("://")[2].rstrip("/").rpartition("/")[0] + "/",
        "qr": _qr(data["url"]),
        "qr_alt": _("QR code that leads to %(url)s, where the certificate is verified") % {"url": data["url"]},
    }


def _day(day: dict[str, Any]) -> list[str]:
    title = day["title"]
    when = written(date.fromisoformat(day["date"]), "l j. F Y")
    return [f"{when}: {title}" if title else when, _times(day), words.hours(day["attended"])]


def _times(day: dict[str, Any]) -> str:
    start, end = (day[name].lstrip("0").replace(":", ".") or "0" for name in ("start", "end"))
    return f"{start}–{end}"


def _words() -> dict[str, str]:
    return {
        "certificate": _("Certificate"),
        "took_part": _("has taken part in"),
        "day": _("Day"),
        "time": pgettext("certificate", "Time"),
        "attended": pgettext("certificate", "Attended"),
        "objectives": _("What the course was about"),
        "verify": _("Verify the certificate"),
        "how": _("Scan the code, or type it at"),
        "code": _("Code"),
        "page": _("Page"),
    }


def _qr(url: str) -> str:
    """Return the QR code as SVG, dark on nothing, so that it prints on any paper."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False, mask=MASK).save(out, kind="svg", border=0, dark="#0f3d45", xmldecl=False)
    return out.getvalue().decode()


def _logo(data: Data) -> dict[str, Any]:
    """Return the provider's logo, as long as it is the one that the certificate was issued under."""
    digest, content, form = logo()
    if not digest or digest != data["provider"]["logo"]:
        return {"form": "", "content": ""}
    return {"form": form, "content": content.decode() if form == "svg" else list(content)}
