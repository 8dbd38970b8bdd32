"""Surveys in the staff's admin: what is asked of whom, their lists, and how many have answered."""

from evaluations.admin.surveys.viewset import SurveysViewSet

__all__ = ["SurveysViewSet"]
