"""The standard questionnaires: one for each moment, and at the end one for each kind of course.

They are short on purpose: the introduction says how long one takes, and a test holds it to that.
"""

import uuid
from dataclasses import dataclass

from evaluations.standards import questions as q
from evaluations.standards.questions import Block, ask, options, scale


@dataclass(frozen=True, slots=True)
class StandardSet:
    """A questionnaire as it is loaded. By its `family` it is known again, whatever staff call it since."""

    family: uuid.UUID
    title: str
    moment: str
    course_kind: str
    introduction_da: str
    introduction_en: str
    questions: tuple[Block, ...]


BEFORE = StandardSet(
    family=uuid.UUID("0b5a1c9e-6f0e-4d53-9a53-1f6f1f4a0001"),
    title="Forventninger før kurset",
    moment="before",
    course_kind="",
    introduction_da=(
        "Fortæl, hvad du kommer med, så kurset kan tage hensyn til det. Det tager omkring 2 minutter, og du kan "
        "springe spørgsmål over."
    ),
    introduction_en=(
        "Say what you bring with you, so that the course can take it into account. It takes about 2 minutes, and you "
        "may skip questions."
    ),
    questions=(
        ask(
            "text",
            "goal_text",
            "Hvad håber du at kunne efter kurset, som du ikke kan i dag?",
            "What do you hope to be able to do after the course that you cannot do today?",
            help_da="Tænk gerne på en bestemt opgave.",
            help_en="Think of a certain task, if you like.",
        ),
        q.CONFIDENCE,
        ask(
            "single",
            "experience",
            "Hvor meget har du arbejdet med emnet?",
            "How much have you worked with the topic?",
            options=options(
                ("Slet ikke endnu", "Not at all yet"),
                ("Lidt", "A little"),
                ("En del", "Quite a bit"),
                ("Det er en fast del af mit arbejde", "It is a regular part of my work"),
            ),
        ),
        q.obstacles("Hvad står i vejen i dag?", "What stands in the way today?"),
        ask(
            "single",
            "leader_talk",
            "Har du og din leder talt om, hvad du skal bruge kurset til?",
            "Have you and your leader talked about what you are to use the course for?",
            options=options(
                ("Ja", "Yes"),
                ("Ikke endnu, men det er aftalt", "Not yet, but we have agreed to"),
                ("Nej", "No"),
                ("Det er ikke relevant for mig", "It is not relevant to me"),
            ),
        ),
        ask(
            "text",
            "wishes_text",
            "Er der noget, underviserne skal vide, før I begynder?",
            "Is there anything the presenters should know before you begin?",
        ),
    ),
)

ONE_DAY = StandardSet(
    family=uuid.UUID("0b5a1c9e-6f0e-4d53-9a53-1f6f1f4a0002"),
    title="Slutevaluering af et endagskursus",
    moment="end",
    course_kind="one_day",
    introduction_da="Hvad gav dagen dig, og hvad skal der ske nu? Det tager 2–3 minutter, og du kan springe "
    "spørgsmål over.",
    introduction_en="What did the day give you, and what happens now? It takes 2–3 minutes, and you may skip "
    "questions.",
    questions=(
        q.TAKEAWAY,
        q.RELEVANCE,
        q.CONFIDENCE,
        q.INTENTION,
        q.INTENTION_TEXT,
        q.OBSTACLES_AHEAD,
        q.LEADER_WILL,
        q.TEACHING,
        q.PRESENTER,
        q.SATISFACTION,
        q.IMPROVE,
    ),
)

THEME_DAY = StandardSet(
    family=uuid.UUID("0b5a1c9e-6f0e-4d53-9a53-1f6f1f4a0003"),
    title="Slutevaluering af en temadag",
    moment="end",
    course_kind="theme_day",
    introduction_da="Hvad satte temadagen i gang hos dig? Det tager omkring 3 minutter, og du kan springe spørgsmål "
    "over.",
    introduction_en="What did the theme day set going in you? It takes about 3 minutes, and you may skip questions.",
    questions=(
        q.TAKEAWAY,
        scale(
            "new_ideas",
            "I hvor høj grad fik du nye ideer til dit eget arbejde?",
            "To what degree did you get new ideas for your own work?",
            q.EXTENT,
        ),
        q.RELEVANCE,
        q.CONFIDENCE,
        ask(
            "multiple",
            "sharing",
            "Hvem vil du tage det op med?",
            "Whom will you take it up with?",
            options=options(
                ("Min leder", "My leader"),
                ("Mine kolleger", "My colleagues"),
                ("Frivillige, foreninger eller borgere", "Volunteers, associations or citizens"),
                ("Politikere", "Politicians"),
                ("Andre", "Others"),
                ("Ingen lige nu", "Nobody right now"),
            ),
        ),
        q.INTENTION,
        q.INTENTION_TEXT,
        q.OBSTACLES_AHEAD,
        q.LEADER_WILL,
        q.TEACHING,
        q.PRESENTER,
        q.SATISFACTION,
        q.IMPROVE,
    ),
)

PROGRAMME = StandardSet(
    family=uuid.UUID("0b5a1c9e-6f0e-4d53-9a53-1f6f1f4a0004"),
    title="Slutevaluering af et kursusforløb",
    moment="end",
    course_kind="programme",
    introduction_da="Se tilbage på hele forløbet og frem mod hverdagen. Det tager omkring 5 minutter, og du kan "
    "springe spørgsmål over.",
    introduction_en="Look back on the whole programme, and ahead to everyday work. It takes about 5 minutes, and you "
    "may skip questions.",
    questions=(
        q.TAKEAWAY,
        q.DAY,
        q.RELEVANCE,
        q.LEARNED,
        q.CONFIDENCE,
        q.AFTERWARDS,
        ask(
            "single",
            "practice",
            "Har du prøvet noget af det af mellem kursusdagene?",
            "Have you tried some of it out between the days?",
            options=options(
                ("Ja, flere gange", "Yes, several times"), ("Ja, en enkelt gang", "Yes, once"), ("Nej", "No")
            ),
        ),
        q.INTENTION,
        q.INTENTION_TEXT,
        q.OBSTACLES_AHEAD,
        q.LEADER_WILL,
        q.TEACHING,
        q.PRESENTER,
        q.PRESENTER_TEXT,
        ask(
            "single",
            "pace",
            "Hvordan var tempoet?",
            "How was the pace?",
            options=options(("For langsomt", "Too slow"), ("Passende", "About right"), ("For hurtigt", "Too fast")),
        ),
        q.ALL_IN_ALL,
        q.SATISFACTION,
        q.RECOMMEND,
        q.IMPROVE,
    ),
)

DIPLOMA_MODULE = StandardSet(
    family=uuid.UUID("0b5a1c9e-6f0e-4d53-9a53-1f6f1f4a0005"),
    title="Slutevaluering af et diplommodul",
    moment="end",
    course_kind="diploma_module",
    introduction_da="Om undervisningsdagene, læringsmålene og vejen til eksamen. Det tager omkring 4 minutter, og du "
    "kan springe spørgsmål over.",
    introduction_en="About the days, the learning objectives and the way to the exam. It takes about 4 minutes, and "
    "you may skip questions.",
    questions=(
        q.TAKEAWAY,
        q.DAY,
        ask(
            "matrix",
            "objectives",
            "I hvor høj grad har modulet styrket dig?",
            "To what degree has the module made you stronger?",
            rows=options(
                ("Viden: jeg kender teorierne og begreberne", "Knowledge: I know the theories and concepts"),
                ("Færdigheder: jeg kan vælge og bruge metoderne", "Skills: I can choose and use the methods"),
                ("Kompetencer: jeg kan omsætte det i min ledelse", "Competences: I can turn it into my leadership"),
            ),
            options=q.EXTENT,
            no_opinion=True,
        ),
        q.RELEVANCE,
        q.CONFIDENCE,
        q.section("Eksamen", "The exam"),
        scale(
            "exam_ready",
            "I hvor høj grad ved du, hvad der kræves til eksamen?",
            "To what degree do you know what the exam requires?",
            q.EXTENT,
        ),
        ask(
            "text",
            "exam_text",
            "Hvad mangler du for at være klar til eksamen?",
            "What do you still need to be ready for the exam?",
            show_if=("exam_ready", "1-3"),
        ),
        ask(
            "single",
            "workload",
            "Hvordan var mængden af læsning og opgaver?",
            "How was the amount of reading and assignments?",
            options=options(("For lille", "Too little"), ("Passende", "About right"), ("For stor", "Too much")),
        ),
        q.AFTERWARDS,
        q.INTENTION,
        q.INTENTION_TEXT,
        q.OBSTACLES_AHEAD,
        q.LEADER_WILL,
        q.TEACHING,
        q.PRESENTER,
        q.SATISFACTION,
        q.IMPROVE,
    ),
)

FOLLOW_UP = StandardSet(
    family=uuid.UUID("0b5a1c9e-6f0e-4d53-9a53-1f6f1f4a0006"),
    title="Opfølgning efter tre måneder",
    moment="follow_up",
    course_kind="",
    introduction_da="Det er tre måneder siden kurset. Hvad blev det til? Det tager omkring 3 minutter, og et nej er "
    "lige så nyttigt som et ja.",
    introduction_en="It is three months since the course. What came of it? It takes about 3 minutes, and a no is as "
    "useful as a yes.",
    questions=(
        ask(
            "single",
            "use",
            "Har du brugt noget af det, du lærte?",
            "Have you used some of what you learned?",
            options=options(
                ("Ja, mange gange", "Yes, many times"),
                ("Ja, nogle gange", "Yes, some times"),
                ("Ja, en enkelt gang", "Yes, once"),
                ("Ikke endnu, men jeg regner med det", "Not yet, but I expect to"),
                ("Nej, og det regner jeg ikke med", "No, and I do not expect to"),
            ),
        ),
        scale(
            "use_amount",
            "Hvor meget af det har du brugt?",
            "How much of it have you used?",
            options(
                ("Ganske lidt", "Very little"),
                ("En mindre del", "A small part"),
                ("Omkring halvdelen", "About half"),
                ("Det meste", "Most of it"),
                ("Næsten det hele", "Nearly all of it"),
            ),
            show_if=("use", "1-3"),
        ),
        ask(
            "text",
            "use_text",
            "Hvad har du gjort anderledes, og hvad kom der ud af det?",
            "What have you done differently, and what came of it?",
            show_if=("use", "1-3"),
        ),
        ask(
            "multiple",
            "helped",
            "Hvad hjalp dig i gang?",
            "What helped you to get going?",
            options=options(
                ("Opbakning fra min leder", "Support from my leader"),
                ("Kolleger, der var med på det", "Colleagues who joined in"),
                ("Materialet fra kurset", "The material from the course"),
                ("En opgave, hvor det passede ind", "A task where it fitted in"),
                ("Kontakt til andre fra kurset", "Contact with others from the course"),
                ("Andet", "Something else"),
                ("Ikke noget særligt", "Nothing in particular"),
            ),
            help_da="Sæt gerne flere krydser.",
            help_en="Choose as many as you like.",
            show_if=("use", "1-3"),
        ),
        q.obstacles("Hvad har stået i vejen?", "What has stood in the way?"),
        q.leader_support(
            "I hvor høj grad har din leder bakket op om, at du bruger det?",
            "To what degree has your leader backed you in using it?",
        ),
        q.CONFIDENCE,
        ask(
            "text",
            "improve_text",
            "Hvad kunne kurset have gjort for at hjælpe dig bedre på vej?",
            "What could the course have done to help you further on your way?",
        ),
    ),
)

SETS = (BEFORE, ONE_DAY, THEME_DAY, PROGRAMME, DIPLOMA_MODULE, FOLLOW_UP)
