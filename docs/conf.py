"""The documentation site. Build it with `python tools/site.py`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

from mecopt import __version__  # noqa: E402 - the checkout is what is documented

project = "mecopt"
author = "The mecopt developers"
copyright = "The mecopt developers"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "plain"]
exclude_patterns = ["_build", "_ext"]
html_theme = "furo"
html_title = f"mecopt {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_copy_source = False

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
pygments_style = "friendly"

myst_heading_slug_func = "plain.slug"
