"""HTML pages from the templates beside this file."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from smmap.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment


def render_page(template: str, **content: Any) -> str:
    """Fill a template; text in it is escaped, ``version`` is smmap's."""
    return _open_templates().get_template(template).render(version=__version__, **content)


@functools.cache
def _open_templates() -> Environment:
    """Once a process: a template takes longer to compile than to fill."""
    from jinja2 import Environment, PackageLoader

    return Environment(loader=PackageLoader("smmap", "report"), autoescape=True)
