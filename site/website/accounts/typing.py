"""Types that signatures name."""

from django.contrib.auth.models import AnonymousUser

from website.accounts.models import User

#: Whoever asks: what `request.user` is.
AnyUser = User | AnonymousUser
