from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "website.messaging"
    label = "messaging"
