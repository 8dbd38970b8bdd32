"""The API's description for people: a page of our own instead of Swagger's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

#: Tables of what is inside what go no deeper.
DEPTH = 3


@dataclass
class Table:
    """A caption and its rows: name, type, words."""

    caption: Any
    rows: list[tuple[str, str, str]]


@dataclass
class Call:
    """One thing the API does."""

    method: str
    path: str
    summary: str
    description: str
    needs_token: bool
    tables: list[Table] = field(default_factory=list)

    @property
    def can_be_opened(self) -> bool:
        """Whether a browser shows the answer at the address as it stands."""
        return self.method == "GET" and not self.needs_token and "{" not in self.path


class PlainDocs(DocsBase):
    """It needs no script, keeps our policy and is accessible."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        schema = api.get_openapi_schema()
        calls = list(calls_of(schema))
        context = {
            "open_calls": [call for call in calls if not call.needs_token],
            "token_calls": [call for call in calls if call.needs_token],
            "openapi_url": self.get_openapi_url(api, kwargs),
            "title": _("Data for other programs"),
        }
        return render(request, "api/docs.html", context)


def calls_of(schema: dict[str, Any]) -> Iterator[Call]:
    """Yield what an OpenAPI document describes, in its order."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            call = Call(
                method=method.upper(),
                path=path,
                summary=operation["summary"],
                description=operation.get("description", ""),
                needs_token=bool(operation.get("security")),
            )
            parameters = [
                (each["name"], kind_of(each["schema"], schema), words(each.get("description"), each["schema"]))
                for each in operation.get("parameters", [])
            ]
            sent = list(rows_of(content_of(operation.get("requestBody", {})), schema))
            answer: dict[str, Any] = next(
                (found for status, found in operation["responses"].items() if int(status) < 300), {}
            )
            received = list(rows_of(item_of(content_of(answer), schema), schema))
            captions = (
                (_("Parameters"), parameters),
                (_("What you send"), sent),
                (_("What you get"), received),
            )
            call.tables = [Table(caption, rows) for caption, rows in captions if rows]
            yield call


def content_of(described: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what is sent or answered as JSON; {} for a file, or for nothing."""
    return described.get("content", {}).get("application/json", {}).get("schema", {})


def resolved(found: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema itself where there is a reference to it, and what may be null without that."""
    choices = [each for each in found.get("anyOf", []) if each.get("type") != "null"]
    if len(choices) == 1:
        found = {**choices[0], **{key: value for key, value in found.items() if key != "anyOf"}}
    name = found.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"][name] if name else found


def item_of(found: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a page's `items` are; another answer as it stands."""
    whole = resolved(found, schema)
    properties = whole.get("properties", {})
    return properties["items"]["items"] if set(properties) == {"items", "count"} else whole


def rows_of(found: dict[str, Any], schema: dict[str, Any], before: str = "", depth: int = DEPTH) -> Iterator[tuple]:
    """Yield (name, type, words) of the fields, and of those inside them: "marks[].status"."""
    for name, field_schema in resolved(found, schema).get("properties", {}).items():
        yield before + name, kind_of(field_schema, schema), words(field_schema.get("description"), field_schema)
        inner = resolved(field_schema, schema)
        is_list = inner.get("type") == "array"
        inner = inner.get("items", {}) if is_list else inner
        if depth > 1:
            yield from rows_of(inner, schema, f"{before}{name}{'[]' if is_list else ''}.", depth - 1)


def kind_of(found: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return a field's type in a word or two."""
    inner = resolved(found, schema)
    kind = inner.get("format") or inner.get("type") or ""
    if isinstance(kind, list):
        kind = " / ".join(kind)
    return {"array": "list", "int64": "integer"}.get(kind, kind)


def words(description: str | None, schema: dict[str, Any]) -> str:
    return description or schema.get("title", "")
