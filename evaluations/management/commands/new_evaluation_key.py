"""`manage.py new_evaluation_key`: a private key for the worker."""

from typing import Any

from django.core.management.base import BaseCommand

from evaluations.sealing import new_worker_key


class Command(BaseCommand):
    help = (
        "Print a new private key for EVALUATION_PRIVATE_KEYS, which stands in the worker's environment and in no other."
        " To change keys, put the new one first and keep the old one behind it (a comma between them) until every"
        " evaluation that was opened with it is closed. Whoever loses the key loses what is not yet counted: keep a"
        " copy where the worker's other secrets are kept."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(new_worker_key())
