"""Read a list of colleagues as people have it: a spreadsheet, a CSV file, or lines out of an e-mail.

Pure: text or a file's bytes in, rows with their mistakes out; no database, no request.
"""

from enrolments.importing.reading import read_list
from enrolments.importing.results import ImportedList, ImportedRow, ListRefused

__all__ = ["ImportedList", "ImportedRow", "ListRefused", "read_list"]
