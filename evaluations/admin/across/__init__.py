"""Evaluations across courses, in the staff's admin: rates, trends, what came of it, attendance, words."""
