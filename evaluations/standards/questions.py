"""The questions that the standard questionnaires share, in Danish and English, as blocks store them.

Satisfaction is not learning: they ask what people intend to do and by when, how sure they are of themselves, what
stands in the way and whether their leader backs them. A short name means the same wherever it stands, so that before,
end and follow-up can be compared, and courses with one another. What may differ is the tense, never the scale.
"""

from collections.abc import Iterable
from typing import Any

Block = dict[str, Any]

#: Places of the answers, from 0: who intends to use it within three months, and who has used it by then.
INTENDS = frozenset({0, 1, 2})
HAS_USED = frozenset({0, 1, 2})


def options(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"da": danish, "en": english} for danish, english in pairs]


def section(danish: str, english: str) -> Block:
    return {"type": "section", "value": {"da": danish, "en": english}}


def ask(kind: str, name: str, danish: str, english: str, **more: Any) -> Block:
    """Return a question. `show_if=("intention", "1-4")` asks it only of those who gave these answers."""
    earlier, answers = more.pop("show_if", ("", ""))
    value = {
        "da": danish,
        "en": english,
        "name": name,
        "required": False,
        "help_da": "",
        "help_en": "",
        "about": "course",
        "show_if": {"question": earlier, "answers": answers},
        **more,
    }
    return {"type": kind, "value": value}


def scale(name: str, danish: str, english: str, labels: Iterable[dict[str, str]], **more: Any) -> Block:
    return ask("scale", name, danish, english, options=list(labels), no_opinion=True, **more)


EXTENT = options(
    ("Slet ikke", "Not at all"),
    ("I mindre grad", "To a small degree"),
    ("I nogen grad", "To some degree"),
    ("I høj grad", "To a high degree"),
    ("I meget høj grad", "To a very high degree"),
)
SATISFIED = options(
    ("Meget utilfreds", "Very dissatisfied"),
    ("Utilfreds", "Dissatisfied"),
    ("Hverken eller", "Neither"),
    ("Tilfreds", "Satisfied"),
    ("Meget tilfreds", "Very satisfied"),
)
QUALITY = options(
    ("Meget dårligt", "Very badly"),
    ("Dårligt", "Badly"),
    ("Nogenlunde", "Fairly"),
    ("Godt", "Well"),
    ("Meget godt", "Very well"),
)
GAIN = options(
    ("Intet", "Nothing"),
    ("Lidt", "A little"),
    ("Noget", "Something"),
    ("Meget", "Much"),
    ("Rigtig meget", "Very much"),
)
OBSTACLES = options(
    ("For lidt tid", "Too little time"),
    ("For lidt opbakning fra min leder", "Too little support from my leader"),
    ("Vaner og holdninger på arbejdspladsen", "Habits and attitudes at work"),
    ("Økonomi, regler eller politiske rammer", "Money, rules or political limits"),
    ("Jeg mangler viden eller redskaber", "I lack knowledge or tools"),
    ("Det er svært at få samarbejdet i gang", "It is hard to get people to join in"),
    ("Andet", "Something else"),
    ("Ikke noget særligt", "Nothing in particular"),
)

CONFIDENCE = ask(
    "number",
    "confidence",
    "Hvor sikker er du lige nu på, at du kan løse de opgaver, kurset handler om?",
    "How sure are you right now that you can handle the tasks the course is about?",
    low_da="Slet ikke sikker",
    low_en="Not sure at all",
    high_da="Helt sikker",
    high_en="Completely sure",
)
RELEVANCE = scale(
    "relevance",
    "I hvor høj grad kan du bruge det i dit arbejde?",
    "To what degree can you use it in your work?",
    EXTENT,
)
LEARNED = ask(
    "text",
    "learned_text",
    "Hvad er det vigtigste, du tager med dig?",
    "What is the most important thing you take with you?",
)
INTENTION = ask(
    "single",
    "intention",
    "Hvornår regner du med at bruge noget af det første gang?",
    "When do you expect to use some of it for the first time?",
    options=options(
        ("Inden for en uge", "Within a week"),
        ("Inden for en måned", "Within a month"),
        ("Inden for tre måneder", "Within three months"),
        ("Senere", "Later"),
        ("Jeg regner ikke med at bruge det", "I do not expect to use it"),
    ),
)
INTENTION_TEXT = ask(
    "text",
    "intention_text",
    "Hvad vil du konkret gøre anderledes?",
    "What exactly will you do differently?",
    help_da="Én ting er nok. Skriv gerne, i hvilken situation.",
    help_en="One thing is enough. Say in which situation, if you like.",
    show_if=("intention", "1-4"),
)


def obstacles(danish: str, english: str) -> Block:
    return ask(
        "multiple",
        "obstacles",
        danish,
        english,
        options=OBSTACLES,
        help_da="Sæt gerne flere krydser.",
        help_en="Choose as many as you like.",
    )


def leader_support(danish: str, english: str) -> Block:
    return scale("leader_support", danish, english, EXTENT)


OBSTACLES_AHEAD = obstacles("Hvad kan komme i vejen?", "What may get in the way?")
LEADER_WILL = leader_support(
    "I hvor høj grad regner du med, at din leder bakker op om, at du bruger det?",
    "To what degree do you expect your leader to back you in using it?",
)
PRESENTER = scale(
    "presenter",
    "Hvor godt hjalp underviseren dig til at forstå stoffet og bruge det?",
    "How well did the presenter help you to understand the content and use it?",
    QUALITY,
    about="presenter",
)
PRESENTER_TEXT = ask(
    "text",
    "presenter_text",
    "Hvad skal underviseren blive ved med eller gøre anderledes?",
    "What should the presenter keep doing, or do differently?",
    about="presenter",
)
DAY = scale("day_gain", "Hvor meget fik du ud af dagen?", "How much did you get out of the day?", GAIN, about="day")
SATISFACTION = scale("satisfaction", "Hvor tilfreds er du alt i alt?", "How satisfied are you, all in all?", SATISFIED)
RECOMMEND = ask(
    "number",
    "recommend",
    "Hvor sandsynligt er det, at du vil anbefale kurset til en kollega?",
    "How likely are you to recommend the course to a colleague?",
    low_da="Slet ikke sandsynligt",
    low_en="Not likely at all",
    high_da="Meget sandsynligt",
    high_en="Very likely",
)
IMPROVE = ask(
    "text", "improve_text", "Hvad skal vi gøre anderledes næste gang?", "What should we do differently next time?"
)
TAKEAWAY = section("Det, du tager med hjem", "What you take home")
TEACHING = section("Undervisningen", "The teaching")
AFTERWARDS = section("Når du er tilbage på arbejdet", "When you are back at work")
ALL_IN_ALL = section("Alt i alt", "All in all")
