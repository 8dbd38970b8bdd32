"""Calendar files: the same instants in another parser, in winter and in summer; nothing secret in the feed."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from courses.calendar import address, calendar_object, day_event
from tests.calendar_reader import read_calendar
from tests.factories import CourseDayFactory, CoursePageFactory, CourseRunFactory

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
DAYS = [date(2027, 1, 15), date(2027, 7, 15), date(2027, 3, 28), date(2027, 10, 31), date(2030, 6, 1)]


@pytest.mark.django_db
def test_another_parser_reads_the_same_instants_in_winter_and_in_summer():
    run = CourseRunFactory(with_days=0)
    days = [CourseDayFactory(run=run, date=day, start_time=time(9), end_time=time(16)) for day in DAYS]

    text = calendar_object([day_event(day, uid=f"{day.pk}@example.dk") for day in days], method="REQUEST")
    read = [
        [datetime.fromisoformat(event["start"]), datetime.fromisoformat(event["end"])]
        for event in read_calendar(text)["events"]
    ]
    assert read == [[day.starts_at, day.ends_at] for day in days]
    assert read[0][0].hour == 8
    assert read[1][0].hour == 7


@pytest.mark.django_db
def test_an_invitation_carries_what_calendars_go_by():
    day = CourseRunFactory(course__title="Ledelse; ægte, nær", label="Herlev").days.first()

    text = calendar_object(
        [
            day_event(
                day,
                uid="deltager-1@example.dk",
                sequence=3,
                status="CANCELLED",
                organizer=address("kurser@example.dk", name="COK"),
                attendee=address("bo@example.dk", name='Bo "B" Å', partstat="ACCEPTED"),
            )
        ],
        method="CANCEL",
    )

    calendar = Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "CANCEL"
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("deltager-1@example.dk", 3, "CANCELLED")
    assert event["ORGANIZER"] == "mailto:kurser@example.dk"
    assert event["ATTENDEE"] == "mailto:bo@example.dk"
    assert event["SUMMARY"] == "Ledelse; ægte, nær · Herlev"
    assert b"RRULE:FREQ=YEARLY" in text
    assert b"RDATE" not in text


@pytest.mark.django_db
def test_the_feed_holds_every_day_of_the_open_runs_and_nothing_secret(client):
    course = CoursePageFactory(title="Åbent kursus")
    CourseRunFactory(course=course, first_day=date(2099, 7, 1), with_days=2, label="Sommer")
    CourseRunFactory(course=course, venue=None, online_link="https://moede.example.dk/hemmelig", label="Net")
    CourseRunFactory(course=course, cancelled=True, label="Aflyst")
    CourseRunFactory(course=course, past=True, label="Forbi")
    CourseRunFactory(course=CoursePageFactory(live=False), label="Upubliceret")

    response = client.get("/kurser/kalender.ics")

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"hemmelig" not in response.content
    events = Calendar.from_ical(response.content).walk("VEVENT")
    assert sorted(event["SUMMARY"] for event in events) == [
        "Åbent kursus · Net",
        "Åbent kursus · Sommer",
        "Åbent kursus · Sommer",
    ]
    assert len({event["UID"] for event in events}) == 3
    summer = next(event for event in events if "Sommer" in event["SUMMARY"])
    assert summer.start == datetime(2099, 7, 1, 9, tzinfo=COPENHAGEN)
