"""The public API's frame: each app contributes its routers here, `website.api` puts them together."""

from ninja import Field, Router
from ninja.pagination import LimitOffsetPagination

from website.core.registry import Registry

#: Routers of /api/v1/, named by their path.
api_routers: Registry[Router] = Registry()


class Pages(LimitOffsetPagination):
    """`limit` and `offset`, refused in words where PostgreSQL could not count so far."""

    class Input(LimitOffsetPagination.Input):
        offset: int = Field(0, ge=0, le=2**31)
