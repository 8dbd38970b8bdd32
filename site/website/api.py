"""The API at /api/v1/: JSON, described at `openapi.json` and, for people, at `docs`."""

from website.api_docs import PlainDocs
from website.core.api import Api, answer_problems, api_routers


def build_api() -> Api:
    """Return the API with every contributed router."""
    built = Api(
        title="COK Kurser",
        version="1",
        description=(
            "Courses and their open runs for everybody; registrations, attendance and reports with a token."
            " Times are ISO 8601 in Danish time; prices are in DKK."
        ),
        docs=PlainDocs(),
        urls_namespace="api",
    )
    for router in api_routers:
        built.add_router("", router)
    answer_problems(built)
    return built


api = build_api()
