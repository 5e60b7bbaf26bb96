"""The reply without quotation and signature."""


def reply_of(text: str, html: str, *, answers: bool) -> str:  # noqa: ARG001
    """The whole text."""
    return text
