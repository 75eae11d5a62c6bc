"""Secrets by their look: texts that must not be written into a spec, an output file or a report.

The patterns are bounded, so that a hostile text of some ten thousand characters takes no time to speak of.
"""

import re

_LOOKS = (
    (re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"), "an AWS access key id"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\b(ghp|gho|ghs|github_pat|glpat|xox[abp])[_-][A-Za-z0-9_-]{16,}"), "an access token"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{10,4096}\.eyJ[A-Za-z0-9_-]{10,4096}\."), "a JSON web token"),
    (re.compile(r"[a-z0-9+.-]://[^/\s:@]{1,256}:[^/\s@]{1,256}@"), "a URL with a password"),
)


def look(text: str) -> str | None:
    """What secret a text looks like, in words; None when it does not look like any."""
    return next((what for pattern, what in _LOOKS if pattern.search(text)), None)
