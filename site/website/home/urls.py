from django.urls import path

from website.home import views

app_name = "home"
urlpatterns = [path("soeg/", views.search, name="search")]
