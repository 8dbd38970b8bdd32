"""The public API's frame: each app contributes its routers here, `website.api` puts them together."""

from ninja import Router

from website.core.registry import Registry

#: Routers of /api/v1/, named by their path.
api_routers: Registry[Router] = Registry()
