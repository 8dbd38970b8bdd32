"""Static files as production serves them: compressed, under names that carry a digest of their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names carry digests within scripts too: a module imports the very version that its page was made with.

    Without it a page's own script would be fetched anew with each release and what it imports would not; and the
    roll call keeps its scripts on the device under the names that pages and scripts ask for.
    """

    support_js_module_import_aggregation = True
