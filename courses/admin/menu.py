"""What other apps add to the menu "Courses" of the admin."""

from wagtail.snippets.views.snippets import SnippetViewSet

from website.core.registry import Registry

#: Viewsets that stand below our own, in the order given. Add them in `AppConfig.ready`, before the menu is made.
course_viewsets: Registry[type[SnippetViewSet]] = Registry()
