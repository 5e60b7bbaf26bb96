"""Pages for what could not be shown: what failed, what is safe, one way on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """One of them.

    Attributes:
        correlation_id: what to tell whoever runs the desk; its log lines carry it.
        action, url: the one way on.
    """

    status: int
    icon: str
    title: str
    text: str
    action: str
    url: str
    correlation_id: str = ""


def error_page(status: int, home_url: str, correlation_id: str, *, here_url: str = "") -> ErrorPage:
    """The page for a status.

    Args:
        status: the HTTP status.
        home_url: where the reader can go on.
        correlation_id: of the request.
        here_url: the page that failed, to try again; the home page if it was a post.
    """
    icon, title, text, action = _WORDS.get(status, _WORDS[500] if status >= 500 else _WORDS[400])
    again = status in _AGAIN or status not in _WORDS
    return ErrorPage(status, icon, title, text, action, (here_url if again else "") or home_url, correlation_id)


_AGAIN = {429, 500, 503}
_WORDS = {
    400: ("circle-alert", "That did not work", "The page was not asked for as it should be.", "Go to the start"),
    401: ("lock", "Please sign in", "You are not signed in, or it was a while ago.", "Sign in"),
    403: ("lock", "This is not yours to open", "An administrator of this desk can let you in.", "Go back"),
    404: ("search", "There is nothing here", "It may have moved, or the address is not complete.", "Go to the start"),
    405: ("circle-alert", "That did not work", "The page was not asked for as it should be.", "Go to the start"),
    410: ("lock", "This link has ended", "The newest mail from us has a link that works.", "Go to the start"),
    413: ("file-x", "These files are too large", "Send fewer or smaller ones. Nothing was sent.", "Go back"),
    429: ("hourglass", "A little too fast", "Please wait a minute, then try again.", "Try again"),
    500: (
        "triangle-alert",
        "Something went wrong here",
        "It is not your fault. What was saved before is safe.",
        "Try again",
    ),
    503: (
        "power",
        "We cannot do this right now",
        "A part of the desk is away and comes back by itself. What was saved before is safe.",
        "Try again",
    ),
}
