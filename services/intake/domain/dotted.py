"""A mail as it comes in over SMTP, up to its final dot.

Invariant: only CRLF, dot, CRLF ends a mail; a dot between bare line feeds is part of it, so nothing is smuggled.
Source: RFC 5321 §4.1.1.4, §4.5.2.

The library reads line by line: a mail of 50 kB is some 700 waits. Here a mail is looked at once for each piece of it
that the network brings.
"""

_END = b"\r\n.\r\n"


class DottedMail:
    """What has come of one mail.

    Args:
        most_bytes: of a mail; nothing is kept of one that is larger, and its end is waited for.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._pieces = bytearray()
        self.is_too_large = False

    def take(self, octets: bytes) -> tuple[bytes, bytes] | None:
        """Add what came; once the final dot is there, the mail, its dots as they were, and what stands behind it.

        Of a mail that is too large the content is "".
        """
        looked_at = max(0, len(self._pieces) - len(_END) + 1)
        # Whatever was cut away, a line has ended before the first octet of a mail and no other.
        began = not looked_at and not self.is_too_large
        self._pieces += octets
        if began and self._pieces.startswith(_END[2:]):
            return b"", bytes(self._pieces[3:])
        end = self._pieces.find(_END, looked_at)
        if end < 0:
            if len(self._pieces) > self._most_bytes or self.is_too_large:
                self.is_too_large = True
                del self._pieces[: -len(_END) + 1]
            return None
        rest = bytes(self._pieces[end + len(_END) :])
        if self.is_too_large or end + 2 > self._most_bytes:
            self.is_too_large = True
            return b"", rest
        content = bytes(memoryview(self._pieces)[: end + 2]).replace(b"\r\n.", b"\r\n")
        return (content[1:] if content.startswith(b".") else content), rest
