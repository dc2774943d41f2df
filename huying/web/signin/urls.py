from allauth.account.views import account_inactive, reauthenticate
from django.urls import include, path

from huying.web.signin import views

# A shell of its own: an outer zone has nobody who signs in.
signin = [
    path("signin/", views.sign_in, name="account_login"),
    path("signin/out", views.sign_out, name="signin_out"),
    path("signin/out/", views.sign_out, name="account_logout"),
    path("signin/posts", views.posts, name="signin_posts"),
    path("signin/password", views.password, name="signin_password"),
    path("signin/sessions", views.sessions, name="signin_sessions"),
    path("signin/closed", account_inactive, name="account_inactive"),
    path("signin/again", reauthenticate, name="account_reauthenticate"),
    path("signin/factor/", include("allauth.mfa.urls")),
]
