"""English as a Danish public site writes it: "21 November 2026 at 14:30", weeks from Monday.

Django's "en" is American. What people type is read as in Danish: the day first, never the month.
"""

from website.formats.da.formats import DATE_INPUT_FORMATS as DANISH_DATES
from website.formats.da.formats import DATETIME_INPUT_FORMATS as DANISH_MOMENTS
from website.formats.da.formats import TIME_INPUT_FORMATS as DANISH_TIMES

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = r"j F Y \a\t H:i"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j F"
SHORT_DATE_FORMAT = "d/m/Y"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
FIRST_DAY_OF_WEEK = 1

DATE_INPUT_FORMATS = DANISH_DATES
TIME_INPUT_FORMATS = DANISH_TIMES
DATETIME_INPUT_FORMATS = DANISH_MOMENTS
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
