"""StreamField blocks that every body may use. Each renders by a template in `templates/blocks/`."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock

RICH_TEXT_FEATURES = ["h3", "bold", "italic", "ol", "ul", "link", "document-link"]


class HeadingBlock(blocks.CharBlock):
    class Meta:
        icon = "title"
        template = "blocks/heading.html"
        label = _("Heading")
        preview_value = "Ledelse for og med frivillige"
        description = _("A heading that starts a new section")


class TextBlock(blocks.RichTextBlock):
    def __init__(self, **kwargs) -> None:
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
        description = _("A few facts set apart from the text")


class QuoteBlock(blocks.StructBlock):
    quote = blocks.TextBlock(label=_("Quote"), max_length=500)
    source = blocks.CharBlock(label=_("Who says it"), max_length=200, required=False)

    class Meta:
        icon = "openquote"
        template = "blocks/quote.html"
        label = _("Quote")
        description = _("A quotation with its source")


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
        label = _("List")
        description = _("Points, steps or outcomes")


class VideoBlock(blocks.StructBlock):
    """A video that loads nothing from its host before the reader clicks."""

    title = blocks.CharBlock(label=_("Title"), max_length=150)
    url = blocks.URLBlock(label=_("Address"), help_text=_("The video's page on YouTube or Vimeo"))
    poster = ImageBlock(label=_("Still picture"), required=False)
    transcript = blocks.RichTextBlock(label=_("Transcript or summary"), features=RICH_TEXT_FEATURES, required=False)

    class Meta:
        icon = "media"
        template = "blocks/video.html"
        label = _("Video")
        description = _("A video that loads only after a click")


class PictureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Image"))
    caption = blocks.CharBlock(label=_("Caption"), max_length=250, required=False)

    class Meta:
        icon = "image"
        template = "blocks/picture.html"
        label = _("Image")
        description = _("A picture with an optional caption")


class DocumentsBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=120, required=False)
    documents = blocks.ListBlock(DocumentChooserBlock(), label=_("Documents"), min_num=1)

    class Meta:
        icon = "doc-full"
        template = "blocks/documents.html"
        label = _("Documents")
        description = _("Files to fetch, with type and size")


class CallToActionBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=120)
    text = blocks.TextBlock(label=_("Text"), max_length=300, required=False)
    link_text = blocks.CharBlock(label=_("Link text"), max_length=60)
    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("Or an address elsewhere"), required=False)

    def clean(self, value):
        value = super().clean(value)
        if bool(value["page"]) == bool(value["url"]):
            error = ValidationError(_("Choose a page or write an address: one of the two."))
            raise blocks.StructBlockValidationError(block_errors={"page": error})
        return value

    class Meta:
        icon = "link"
        template = "blocks/call_to_action.html"
        label = _("Call to action")
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
