"""The customers' pages for what could not be shown or taken: what failed, what is safe, one way on.

Every sentence is a key of the catalogue; templates say it in the reader's language.
"""

from services.portal_gateway.domain.form_values import Fault
from services.portal_gateway.domain.sayings import Say
from services.portal_gateway.domain.view_models.errors import ErrorPage
from services.portal_gateway.domain.view_models.marks import size_words
from services.portal_gateway.domain.view_models.portal import Problem

_START = "Go to the start"
_WORDS = {
    400: ("circle-alert", "That did not work", "The page was not asked for as it should be.", _START),
    404: ("search", "There is nothing here", "It may have moved, or the address is not complete.", _START),
    500: (
        "triangle-alert",
        "Something went wrong here",
        "It is not your fault. What was saved before is safe.",
        "Try again",
    ),
    503: (
        "power",
        "We cannot do this right now",
        "A part of the site is away and comes back by itself. What was saved before is safe.",
        "Try again",
    ),
}


def portal_error(status: int, home_url: str, correlation_id: str = "", *, here_url: str = "") -> ErrorPage:
    """The page for a status; `here_url` is tried again where that may help."""
    known = status if status in _WORDS else 500 if status >= 500 else 400
    icon, title, text, action = _WORDS[known]
    return ErrorPage(status, icon, title, text, action, (here_url if known >= 500 else "") or home_url, correlation_id)


def no_such_link(home_url: str, correlation_id: str = "") -> ErrorPage:
    """One page for every link that opens nothing: wrong, expired, withdrawn or of an item that is gone."""
    text = "It may be incomplete, or have ended. The newest e-mail from us has a link that works."
    return ErrorPage(404, "lock", "This link does not open a request", text, _START, home_url, correlation_id)


def away(say: Say) -> Problem:
    return Problem(
        say("We could not take it just now"), say("Nothing you typed is lost. Please send it again in a moment.")
    )


def too_fast(say: Say, seconds: int) -> Problem:
    words = "Please wait {seconds} seconds, then send it again. Nothing you typed is lost."
    return Problem(say("A little too fast"), say(words, seconds=seconds))


def sent_before(say: Say) -> Problem:
    words = "What you sent first has reached us. If this is something else, send it as well."
    return Problem(say("This form was sent before"), say(words), send_as_new=True)


def too_old(say: Say) -> Problem:
    return Problem(say("This page was open for too long"), say("Please send it again. Nothing you typed is lost."))


def files_too_large(say: Say, limit_bytes: int) -> Problem:
    words = say("Together they may have {size}. Nothing was sent yet.", size=size_words(limit_bytes))
    return Problem(say("These files are too large"), words)


def too_many_files(say: Say, limit: int) -> Problem:
    return Problem(say("Too many files"), say("At most {count} go at once. Nothing was sent yet.", count=limit))


def not_whole(say: Say) -> Problem:
    return Problem(say("That did not arrive whole"), say("Please send it again. Nothing you typed is lost."))


def trapped(say: Say) -> Problem:
    words = "People do not see it, so perhaps a program did it. Please send it again."
    return Problem(say("A hidden field was filled in"), say(words))


def fault_of_answer_words(fault: Fault | None, say: Say) -> str:
    """The sentence at the answer's box; "" where nothing is wrong."""
    if fault is None:
        return ""
    if fault == "missing":
        return say("Write something before you send it.")
    return say("This is too long. Shorten it, or send it as a file.")
