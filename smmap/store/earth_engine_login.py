"""Who one is to Earth Engine."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from smmap.spec.errors import ConfigError

KEY = "EARTHENGINE_SERVICE_ACCOUNT"
"""Environment variable: path of a service account's key, used for Earth Engine alone."""
PROJECT = "GOOGLE_CLOUD_PROJECT"
"""Environment variable: the project that is asked for and charged."""
_SCOPES = ("https://www.googleapis.com/auth/earthengine",)
_HELP = (
    f"set {KEY} or GOOGLE_APPLICATION_CREDENTIALS to the path of a service account's key, or run "
    "'earthengine authenticate'"
)


def find_login(endpoint: str) -> tuple[Any, str | None]:
    """Credentials and project; no credentials for a server that is not Google's.

    In this order: the key that `KEY` names (for any server), Google's default credentials where
    ``GOOGLE_APPLICATION_CREDENTIALS`` names a file, those of ``earthengine authenticate``, Google's
    other default credentials.

    Raises
    ------
    ConfigError
        If there are none, they cannot be read, or there is no project to ask for.
    """
    import ee
    from google.auth.exceptions import GoogleAuthError
    from google.oauth2 import service_account

    project = os.environ.get(PROJECT)
    try:
        if key := os.environ.get(KEY):
            make = service_account.Credentials.from_service_account_file
            return make(key, scopes=_SCOPES), project
        if not (urlsplit(endpoint).hostname or "").endswith(".googleapis.com"):
            return None, project
        credentials = _find_default()
    except (ee.EEException, GoogleAuthError, OSError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
    else:
        project = project or credentials.quota_project_id
        if project or isinstance(credentials, service_account.Credentials):
            return credentials, project
        raise ConfigError(
            f"Earth Engine wants a project to ask for: set {PROJECT}, or run "
            "'earthengine set_project PROJECT'"
        )
    raise ConfigError(f"no credentials for Earth Engine ({reason}); {_HELP}")


def _find_default() -> Any:
    import ee
    import google.auth

    if os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        return google.auth.default(scopes=_SCOPES)[0]
    return ee.data.get_persistent_credentials()
