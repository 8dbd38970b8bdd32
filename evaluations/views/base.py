"""What the pages where people answer share: they leave no trace, and speak Danish or English."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

#: What carries the language from page to page: a parameter, so that nothing is stored about a visitor.
LANGUAGE = "sprog"


# No cookie is set and no session is begun. Django's check against forged requests cannot serve here: under
# "no-referrer" browsers send "Origin: null" with a POST. What a forged request lacks is the secret in the address,
# or who somebody is.
@method_decorator([csrf_exempt, sensitive_post_parameters()], name="dispatch")
class UntracedView(View):
    """A page where people answer. Nothing about the visit is kept by browsers, search engines or ourselves."""

    language = settings.LANGUAGE_CODE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.language = self.chosen_language()
        with translation.override(self.language):
            try:
                response = super().dispatch(request, *args, **kwargs)
            except RequestDataTooBig:
                response = self.page("evaluations/answer_too_large.html", status=413)
            if isinstance(response, TemplateResponse):
                response.render()  # in the page's language, which ends here
        response["Content-Language"] = self.language
        # The address is a key: it must not travel in a Referer, nor into a search engine.
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        # What somebody wrote must not stand in a cache, nor come back with the browser's "back".
        response["Cache-Control"] = "no-store, private"
        return response

    def chosen_language(self) -> str:
        """Return the language asked for. Danish first: the site and its mails are, whatever the browser's is."""
        asked = self.request.GET.get(LANGUAGE, "")
        return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    def page(self, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        others = [code for code, _name in settings.LANGUAGES if code != self.language]
        shared = {"language": self.language, "other_language": others[0], "language_key": LANGUAGE}
        return TemplateResponse(self.request, template, shared | (context or {}), status=status)
