"""Sphinx configuration: MyST pages, numpydoc docstrings, furo's theme."""

import dualjit

project = "dualjit"
author = "dualjit developers"
copyright = "2026, dualjit developers"
release = dualjit.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
numpydoc_show_class_members = False

html_theme = "furo"
html_title = "dualjit"
