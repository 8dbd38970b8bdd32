"""The three roles of staff, and what each may do. A role is a group; `ensure_roles` fills it."""

from dataclasses import dataclass
from typing import Final

VIEW_ADD_CHANGE: Final = ("view", "add", "change")
ALL: Final = ("view", "add", "change", "delete")


def _models(app_label: str, names: str, actions: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{app_label}.{action}_{name}" for name in names.split() for action in actions)


@dataclass(frozen=True, slots=True)
class Role:
    """A group by name, with permissions on models, on pages and on the files of all collections.

    `models` and `files` hold "app.codename", `pages` codenames of `wagtailcore.Page`. Wagtail asks
    for its own image and document permissions whatever models of ours replace them.
    """

    name: str
    models: frozenset[str]
    pages: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


ACCESS: Final = frozenset({"wagtailadmin.access_admin"})

EDITOR: Final = Role(
    name="Redaktører",
    models=ACCESS
    | _models("courses", "topic presenter organisation", ALL)
    # An editor publishes a course together with its first run.
    | _models("courses", "courserun courseday venue", VIEW_ADD_CHANGE)
    | _models("courses", "cancellationterms attendancerule", ("view",)),
    pages=frozenset({"add_page", "change_page", "publish_page", "lock_page", "unlock_page", "bulk_delete_page"}),
    files=_models("wagtailimages", "image", ("add", "change", "choose"))
    | _models("wagtaildocs", "document", ("add", "change", "choose")),
)

ORGANISER: Final = Role(
    name="Arrangører",
    models=ACCESS
    | _models("courses", "courserun courseday venue presenter organisation cancellationterms", ALL)
    | _models("courses", "topic", ("view",))
    | _models("courses", "attendancerule", ALL)
    | _models("enrolments", "registration enrolment payer attendance certificate trainingcontact", VIEW_ADD_CHANGE)
    | _models("enrolments", "question savedreport", ALL)
    | _models("evaluations", "questionnaire survey surveyinvitation", ALL)
    | _models("evaluations", "evaluation", VIEW_ADD_CHANGE)
    | _models("evaluations", "textanswer", ("view", "change"))
    | _models("evaluations", "questionresult", ("view",))
    | _models("messaging", "outboxmessage mailtext", ("view", "change"))
    | _models("core", "retentionrun", ("view",)),
    # Enough to give a presenter a photo; the image library is the editors'.
    files=frozenset({"wagtailimages.choose_image"}),
)

ADMINISTRATOR: Final = Role(
    name="Administratorer",
    models=EDITOR.models
    | ORGANISER.models
    | _models("courses", "topic cancellationterms venue courserun courseday", ALL)
    | _models("accounts", "user", ALL)
    | _models("auth", "group", ALL)
    | _models("wagtailcore", "site", ALL)
    | _models("wagtailcore", "apitoken", ALL)
    | _models("wagtailredirects", "redirect", ALL)
    | _models("core", "retentionrun", ("view", "add")),
    pages=EDITOR.pages,
    files=EDITOR.files | _models("wagtailcore", "collection", ("add", "change", "delete")),
)

ROLES: Final = (EDITOR, ORGANISER, ADMINISTRATOR)
