"""The API's frame: each app contributes its routers here, `website.api` puts them together.

Whoever signs in does it by a token of Wagtail's own (`TokenAuth`); what goes wrong has one shape everywhere
(`Problem`), whatever the status: which code, in words, and for a wrong input which field and value.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, NinjaAPI, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.errors import ValidationErrorContext as Context
from ninja.pagination import LimitOffsetPagination
from wagtail.api.v3.auth import BearerTokenAuth
from wagtail.models import APIToken

from website.core.database import Compiled
from website.core.registry import Registry
from website.core.throttling import WrongTries, address_of

#: Routers of /api/v1/, named by their path.
api_routers: Registry[Router] = Registry()

#: So many wrong tokens from one address within so many seconds; a right one is let through all the same.
WRONG_TOKENS = (20, 10 * 60)
#: No longer than this is a wrong value shown again.
SHOWN = 100


class Pages(LimitOffsetPagination):
    """`limit` and `offset`, refused in words where PostgreSQL could not count so far."""

    class Input(LimitOffsetPagination.Input):
        limit: int = Field(100, ge=1, le=1000, description="So many at a time")
        offset: int = Field(0, ge=0, le=2**31, description="Leave out so many: the pages before")


class WrongField(Schema):
    """One input that is wrong."""

    field: str = Field(description="Where it stands, such as body.marks.0.minutes_late")
    value: Any = Field(None, description="What was sent")
    message: str = Field(description="What is wrong with it")


class Problem(Schema):
    """What went wrong: the same shape for every status from 400 on."""

    code: str = Field(description="For programs: unauthorized, forbidden, not_found, conflict, invalid, throttled …")
    message: str = Field(description="For people")
    errors: list[WrongField] = Field([], description="Which fields are wrong, and how")


#: The answers that everything with a token may give beside its own; for `response={200: …, **PROBLEMS}`.
PROBLEMS: dict[int, type[Problem]] = dict.fromkeys((401, 403, 404, 409, 422, 429), Problem)
CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 422: "invalid"}


class ApiError(Exception):
    """Refuse a call: status, code for programs, words for people, and the wrong fields if there are any."""

    def __init__(
        self, status: int, message: str, *, code: str = "", errors: Sequence[WrongField] = (), retry_after: int = 0
    ) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.code = code or CODES.get(status, "error")
        self.errors, self.retry_after = list(errors), retry_after


def _asked_token(key_hash: str) -> QuerySet:
    """Return what `TokenAuth` asks: the token in force that has this digest, and its user."""
    user = [f"user__{field.attname}" for field in get_user_model()._meta.concrete_fields]
    return APIToken.objects.filter(key_hash=key_hash, revoked_at=None).values_list("pk", "last_used_at", *user)


TOKEN = Compiled(_asked_token, key_hash="a digest")


class TokenAuth(BearerTokenAuth):
    """A token of Wagtail's own: acts as its user, with that user's permissions. One query, and one more for each
    SECRET_KEY that was in force before.

    Wrong ones are counted by the address they come from; past WRONG_TOKENS the answer is 429. What cannot be a
    token costs no query but the count.
    """

    openapi_name = "Token"
    openapi_description = "A token made by an administrator: `Authorization: Bearer wagtail_…`"

    def __call__(self, request: HttpRequest) -> Any:
        found = super().__call__(request)
        if found is None and request.headers.get("Authorization"):
            self._count_wrong(request)
        return found

    def authenticate(self, request: HttpRequest, token: str) -> APIToken | None:
        """Return the token in force and let the request act as its user: as Wagtail does, by a query compiled once."""
        found = self._find(token)
        if found is None or not found.user.is_active:
            # A session is no token.
            request.user = AnonymousUser()
            return None
        request.user = found.user
        self._touch_last_used(found)
        return found

    def _find(self, token: str) -> APIToken | None:
        if not APIToken.validate_token_format(token):
            return None
        for key_hash in APIToken.candidate_key_hashes(token):
            if row := TOKEN.one(key_hash=key_hash):
                pk, last_used_at, *user = row
                return APIToken(pk=pk, last_used_at=last_used_at, user=get_user_model()(*user))
        return None

    def _count_wrong(self, request: HttpRequest) -> None:
        tries = WrongTries("token", address_of(request), each=WRONG_TOKENS)
        if tries.are_used_up():
            raise ApiError(
                429,
                _("Too many wrong tokens from your network. Wait ten minutes, and check the token."),
                code="throttled",
                retry_after=WRONG_TOKENS[1],
            )
        tries.count()


token_auth = TokenAuth()


def _flat(place: tuple[Any, ...], names: dict[tuple[Any, ...], tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return where a wrong input stands by the name its sender knows; within a list, with its number."""
    for length in range(len(place), 0, -1):
        if place[:length] in names:
            return (*names[place[:length]], *place[length:])
    return place


class Api(NinjaAPI):
    """Ninja's, which also keeps the value of a wrong input, so that the answer can name it."""

    def validation_error_from_error_contexts(self, error_contexts: list[Context]) -> ValidationError:
        errors: list[dict[str, Any]] = []
        for context in error_contexts:
            model = context.model
            for error in context.pydantic_validation_error.errors(include_url=False, include_context=True):
                place = _flat(error["loc"], model.__ninja_flatten_map_reverse__)
                if model.__ninja_param_source__ in ("body", "form"):
                    # The name of the view's argument says nothing to who calls.
                    place = place[1:]
                errors.append({**error, "loc": (model.__ninja_param_source__, *place)})
        return ValidationError(errors)


def answer_problems(api: NinjaAPI) -> None:
    """Give every refusal of the API the one shape."""

    def answer(request: HttpRequest, error: ApiError) -> HttpResponse:
        problem = Problem(code=error.code, message=error.message, errors=error.errors)
        response = api.create_response(request, problem.model_dump(), status=error.status)
        if error.retry_after:
            response["Retry-After"] = str(error.retry_after)
        if error.status == 401:
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        return response

    @api.exception_handler(ApiError)
    def refused(request: HttpRequest, error: ApiError) -> HttpResponse:
        return answer(request, error)

    @api.exception_handler(AuthenticationError)
    def unauthorized(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        text = _("Send a token that is in force: “Authorization: Bearer …”. An administrator makes tokens.")
        return answer(request, ApiError(401, text))

    @api.exception_handler(PermissionDenied)
    def forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
        return answer(request, ApiError(403, str(error) or _("The token's user may not do this.")))

    @api.exception_handler(Http404)
    def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
        return answer(request, ApiError(404, _("There is nothing at this address.")))

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(request, ApiError(error.status_code, str(error)))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = [wrong_field(each) for each in error.errors]
        text = _("Something is wrong in what was sent. Nothing was done.")
        return answer(request, ApiError(422, text, errors=fields))


def wrong_field(error: dict[str, Any]) -> WrongField:
    """Return one of pydantic's errors as ours: where, what was sent (short), and what is wrong in words."""
    value = error.get("input") if error["type"] != "missing" else None
    if not isinstance(value, int | float | bool | None):
        value = str(value)[:SHOWN]
    return WrongField(field=".".join(map(str, error["loc"])), value=value, message=in_words(error))


def in_words(error: dict[str, Any]) -> str:
    """Return what is wrong, in the reader's language where it is one of the usual things."""
    limits = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return _("It is missing.")
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return _("It must be a whole number.")
        case "bool_parsing" | "bool_type":
            return _("It must be true or false.")
        case "uuid_parsing" | "uuid_type":
            return _("It must be a UUID.")
        case "string_type":
            return _("It must be a text.")
        case "string_too_long":
            return _("It may have at most %(most)s characters.") % {"most": limits["max_length"]}
        case "too_long":
            return _("There may be at most %(most)s.") % {"most": limits["max_length"]}
        case "greater_than_equal":
            return _("It must be at least %(least)s.") % {"least": limits["ge"]}
        case "less_than_equal":
            return _("It must be at most %(most)s.") % {"most": limits["le"]}
        case "timezone_aware":
            return _("The time needs an offset, such as +02:00.")
        case kind if kind.startswith("date"):
            return _("It must be a date or a time by ISO 8601.")
    return str(error["msg"])
