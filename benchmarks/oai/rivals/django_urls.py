"""Its one address."""

from django.urls import include, path

urlpatterns = [path("oai", include("django_oai_pmh.urls"))]
