"""A login form of a site that uses one of the published libraries for Python. Only its URL is changed.

Usage: ask.py LIBRARY, with {"url", "secret", "response", "address"} on standard input. Prints whether the form is valid.
"""

import json
import sys


def flask_wtf(url, secret, response, address):
    """Flask-WTF, for reCAPTCHA."""
    from flask import Flask
    from flask_wtf import FlaskForm, RecaptchaField

    app = Flask("site")
    app.config.update(
        RECAPTCHA_PUBLIC_KEY="not used",
        RECAPTCHA_PRIVATE_KEY=secret,
        RECAPTCHA_VERIFY_SERVER=url,
        WTF_CSRF_ENABLED=False,
    )

    class Login(FlaskForm):
        recaptcha = RecaptchaField()

    sent = {"g-recaptcha-response": response}
    with app.test_request_context("/login", method="POST", data=sent, environ_base={"REMOTE_ADDR": address}):
        return Login().validate()


def django_hcaptcha(url, secret, response, address):
    """django-hCaptcha, for hCaptcha. It does not tell the client's address."""
    configure_django(HCAPTCHA_VERIFY_URL=url, HCAPTCHA_SECRET=secret)
    from django import forms
    from hcaptcha.fields import hCaptchaField

    class Login(forms.Form):
        hcaptcha = hCaptchaField()

    return Login({"h-captcha-response": response}).is_valid()


def django_turnstile(url, secret, response, address):
    """django-turnstile, for Turnstile. As it is usually used, it tells "None" for the client's address."""
    configure_django(TURNSTILE_VERIFY_URL=url, TURNSTILE_SECRET=secret)
    from django import forms
    from turnstile.fields import TurnstileField

    class Login(forms.Form):
        turnstile = TurnstileField()

    return Login({"cf-turnstile-response": response}).is_valid()


def configure_django(**settings):
    import django
    from django.conf import settings as site

    site.configure(INSTALLED_APPS=[], USE_I18N=False, **settings)
    django.setup()


LIBRARIES = {"flask-wtf": flask_wtf, "django-hcaptcha": django_hcaptcha, "django-turnstile": django_turnstile}

if __name__ == "__main__":
    print(json.dumps({"valid": LIBRARIES[sys.argv[1]](**json.load(sys.stdin))}))
