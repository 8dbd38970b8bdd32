"""The API at /api/v1/: JSON, described at `openapi.json` and, for people, at `docs`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from website.core.api import api_routers


def words(description: str | None, schema: dict[str, Any]) -> str:
    return description or schema.get("title", "")


class PlainDocs(DocsBase):
    """A page of our own instead of Swagger's: it needs no script, keeps our policy and is accessible."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        schema = api.get_openapi_schema()
        schemas = schema["components"]["schemas"]
        calls = []
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                found = operation["responses"][200]["content"]["application/json"]["schema"]
                model = schemas[found["$ref"].rpartition("/")[2]]
                item = model["properties"].get("items", {}).get("items", {}).get("$ref", "")
                calls.append(
                    {
                        "method": method.upper(),
                        "path": path,
                        "summary": operation["summary"],
                        "description": operation.get("description", ""),
                        "parameters": [
                            (parameter["name"], words(parameter.get("description"), parameter["schema"]))
                            for parameter in operation.get("parameters", [])
                        ],
                        "fields": [
                            (name, words(field.get("description"), field))
                            for name, field in schemas.get(item.rpartition("/")[2], model)["properties"].items()
                        ],
                    }
                )
        context = {"calls": calls, "openapi_url": self.get_openapi_url(api, kwargs), "title": _("Open data")}
        return render(request, "api/docs.html", context)


def build_api() -> NinjaAPI:
    """Return the API with every contributed router."""
    api = NinjaAPI(
        title="COK Kurser",
        version="1",
        description="Courses and their open runs. Times are ISO 8601 in Danish time; prices are in DKK.",
        docs=PlainDocs(),
        urls_namespace="api",
    )
    for router in api_routers:
        api.add_router("", router)
    return api


api = build_api()
