from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from demo.exceptions import DemoRefused
from demo.loader import count_steps, load


class Command(BaseCommand):
    help = "Load the demo's pages, runs, people and users. Safe to repeat: what is there is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        with tqdm(total=count_steps(), desc="Demo content", unit="step", disable=quiet) as bar:
            try:
                loaded = load(progress=bar.update)
            except DemoRefused as error:
                raise CommandError(str(error)) from error
        if not quiet:
            self.stdout.write(f"Loaded {loaded} new pieces of demo content." if loaded else "Nothing new to load.")
