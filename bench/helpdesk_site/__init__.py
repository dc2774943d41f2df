"""A Django project that is nothing but django-helpdesk as its documentation sets it up; run by the Python of `bench.beside`."""
