"""HTML pages from the templates beside this file."""

from __future__ import annotations

from typing import Any

from smmap.version import __version__


def render_page(template: str, **content: Any) -> str:
    """Fill a template; text in it is escaped, ``version`` is smmap's."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("smmap", "report"), autoescape=True)
    return environment.get_template(template).render(version=__version__, **content)
