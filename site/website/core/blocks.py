"""StreamField blocks that every body may use. Each renders by a template in `templates/blocks/`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageBlock

from website.core.video import Video, find_video

RICH_TEXT_FEATURES = ["h3", "bold", "italic", "ol", "ul", "link", "document-link"]


class HeadingBlock(blocks.CharBlock):
    class Meta:
        icon = "title"
        template = "blocks/heading.html"
        label = _("Heading")
        preview_value = "Ledelse for og med frivillige"
        description = _("A heading that starts a new section")


class TextBlock(blocks.RichTextBlock):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"features": RICH_TEXT_FEATURES, **kwargs})

    class Meta:
        icon = "pilcrow"
        template = "blocks/text.html"
        label = _("Text")
        preview_value = "<p>Frivillige kan ikke styres. De kan inviteres.</p>"
        description = _("Paragraphs, lists and links")


class FactsBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=100)
    text = blocks.RichTextBlock(label=_("Text"), features=RICH_TEXT_FEATURES)

    class Meta:
        icon = "info-circle"
        template = "blocks/facts.html"
        label = _("Facts box")
        preview_value = {"title": "Kort fortalt", "text": "<p>Kurset varer én dag og holdes i Herlev og Aarhus.</p>"}
        description = _("A few facts set apart from the text")


class QuoteBlock(blocks.StructBlock):
    quote = blocks.TextBlock(label=_("Quote"), max_length=500)
    source = blocks.CharBlock(label=_("Who says it"), max_length=200, required=False)

    class Meta:
        icon = "openquote"
        template = "blocks/quote.html"
        label = _("Quote")
        preview_value = {
            "quote": "Man kan ikke betale sig fra dårlig ledelse, og man kan slet ikke beordre engagement.",
            "source": "En leder af et aktivitetscenter",
        }
        description = _("A quotation with its source")


class ListItemsValue(blocks.StructValue):
    @property
    def points(self) -> list[str]:
        """The items; in a template `value.items` would be the dictionary's own method."""
        return list(self["items"])


class ListItemsBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=120, required=False)
    style = blocks.ChoiceBlock(
        label=_("Style"),
        choices=[("bullets", _("Bullets")), ("numbers", _("Numbers")), ("checks", _("Check marks"))],
        default="bullets",
    )
    items = blocks.ListBlock(blocks.CharBlock(max_length=300), label=_("Items"), min_num=1)

    class Meta:
        icon = "list-ul"
        template = "blocks/list_items.html"
        value_class = ListItemsValue
        label = _("List")
        preview_value = {
            "title": "Det tager du med hjem",
            "style": "checks",
            "items": [
                "Et fælles sprog for samskabelse",
                "Tre redskaber til forhandling",
                "En plan for det næste skridt",
            ],
        }
        description = _("Points, steps or outcomes")


class VideoValue(blocks.StructValue):
    @property
    def video(self) -> Video | None:
        """Where the video plays, or None if the address is of no host we know."""
        return find_video(self.get("url") or "")


class VideoBlock(blocks.StructBlock):
    """A video that loads nothing from its host before the reader clicks."""

    title = blocks.CharBlock(label=_("Title"), max_length=150)
    url = blocks.URLBlock(label=_("Address"), help_text=_("The video's page on YouTube or Vimeo"))
    poster = ImageBlock(label=_("Still picture"), required=False)
    transcript = blocks.RichTextBlock(label=_("Transcript or summary"), features=RICH_TEXT_FEATURES, required=False)

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        value = super().clean(value)
        if find_video(value["url"]) is None:
            error = ValidationError(_("Write the address of a video on YouTube or Vimeo."))
            raise blocks.StructBlockValidationError(block_errors={"url": error})
        return value

    class Meta:
        icon = "media"
        template = "blocks/video.html"
        value_class = VideoValue
        label = _("Video")
        preview_value = {"title": "Fra service til samskabelse", "url": "https://vimeo.com/76979871"}
        description = _("A video that loads only after a click")


class PictureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Image"))
    caption = blocks.CharBlock(label=_("Caption"), max_length=250, required=False)

    def get_preview_value(self) -> blocks.StructValue:
        """Show the newest image there is."""
        newest = get_image_model().objects.order_by("-pk").first()
        return self.normalize({"image": newest, "caption": "En billedtekst, der fortæller, hvad man ser"})

    class Meta:
        icon = "image"
        template = "blocks/picture.html"
        label = _("Image")
        description = _("A picture with an optional caption")


class DocumentsBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=120, required=False)
    documents = blocks.ListBlock(DocumentChooserBlock(), label=_("Documents"), min_num=1)

    def get_preview_value(self) -> blocks.StructValue:
        """Show the newest documents there are."""
        newest = get_document_model().objects.order_by("-pk")[:2]
        return self.normalize({"title": "Materialer", "documents": list(newest)})

    class Meta:
        icon = "doc-full"
        template = "blocks/documents.html"
        label = _("Documents")
        description = _("Files to fetch, with type and size")


class CallToActionValue(blocks.StructValue):
    @property
    def address(self) -> str:
        """Where the button leads; empty when the page it led to is gone or not live."""
        page = self.get("page")
        if page is not None:
            return (page.url or "") if page.live else ""
        return self.get("url") or ""


class CallToActionBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=120)
    text = blocks.TextBlock(label=_("Text"), max_length=300, required=False)
    link_text = blocks.CharBlock(label=_("Link text"), max_length=60)
    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("Or an address elsewhere"), required=False)

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        value = super().clean(value)
        if bool(value["page"]) == bool(value["url"]):
            error = ValidationError(_("Choose a page or write an address: one of the two."))
            raise blocks.StructBlockValidationError(block_errors={"page": error})
        return value

    class Meta:
        icon = "link"
        template = "blocks/call_to_action.html"
        value_class = CallToActionValue
        label = _("Call to action")
        preview_value = {
            "title": "Find det kursus, der passer til dig",
            "text": "Vi holder kurser i hele landet.",
            "link_text": "Se alle kurser",
            "url": "https://www.example.dk/kurser/",
        }
        description = _("One thing the reader can do next")


class BodyBlock(blocks.StreamBlock):
    """The body of course and article pages."""

    heading = HeadingBlock(max_length=120)
    text = TextBlock()
    facts = FactsBlock()
    quote = QuoteBlock()
    list_items = ListItemsBlock()
    picture = PictureBlock()
    video = VideoBlock()
    documents = DocumentsBlock()
    call_to_action = CallToActionBlock()

    class Meta:
        label = _("Content")
