"""Municipalities: their training years, and who sees them."""

from enrolments.admin.training import contacts, years  # noqa: F401 - register hooks and what needs attention
