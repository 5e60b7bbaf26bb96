"""Delivery reports as servers write them, made of one recipient and one reason each."""

from tests.unit.intake.mails import crlf, part

DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example>"
GONE = "550 5.1.1 <ana@gone.example>: Recipient address rejected: User unknown"
FULL = "552 5.2.2 <ana@gone.example>: Mailbox full"
RETURNED = """Received: from desk.example by mx.example; Tue, 24 Nov 2026 09:12:00 +0000
Return-Path: <bounce@desk.example>
From: Support <support@desk.example>
To: Ana <ana@gone.example>
Subject: Re: ONT [#1042]
Message-ID: <1042.aaaa@desk.example>

Please restart it.
"""


def head(subject: str, *more: str) -> bytes:
    """The headers of a report."""
    lines = [f"From: {DAEMON}", "To: support@desk.example", f"Subject: {subject}", "Message-ID: <r@mx.example>", *more]
    return crlf("\n".join(lines)) + b"\r\n"


def dsn(reason: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A report by RFC 3464."""
    told = f"Final-Recipient: rfc822; ana@gone.example\nAction: {action}\nStatus: {status}"
    told += f"\nDiagnostic-Code: smtp; {reason}"
    parts = (
        part("I could not deliver your mail.", "Content-Type: text/plain"),
        part(f"Reporting-MTA: dns; mx.example\n\n{told}\n", "Content-Type: message/delivery-status"),
        part(RETURNED, "Content-Type: message/rfc822"),
    )
    body = b"".join(b"--b\r\n" + one + b"\r\n" for one in parts) + b"--b--\r\n"
    kind = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
    return head("Undelivered Mail Returned to Sender", kind) + b"\r\n" + body


def texts(reason: str) -> dict[str, bytes]:
    """Reports for people only, by the server that writes so."""
    return {
        "exim": head("Mail delivery failed: returning message to sender", "X-Failed-Recipients: ana@gone.example")
        + crlf(
            f"""
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ana@gone.example
    host mx.gone.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<ana@gone.example>:
    {reason}

------ This is a copy of the message, including all the headers. ------

{RETURNED}"""
        ),
        "qmail": head("failure notice")
        + crlf(
            f"""
Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@gone.example>:
192.0.2.1 does not like recipient.
Remote host said: {reason}
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

{RETURNED}"""
        ),
        "sendmail": head("Returned mail: see transcript for details")
        + crlf(
            f"""
   ----- The following addresses had permanent fatal errors -----
<ana@gone.example>
    (reason: {reason})

   ----- Transcript of session follows -----
... while talking to mx.gone.example.:
>>> RCPT To:<ana@gone.example>
<<< {reason}

   ----- Original message follows -----

{RETURNED}"""
        ),
        "exchange": head("Undeliverable: ONT")
        + crlf(
            f"""
Delivery has failed to these recipients or groups:

ana@gone.example<mailto:ana@gone.example>

Diagnostic information for administrators:
ana@gone.example
Remote Server returned '{reason}'

Original message headers:

{RETURNED}"""
        ),
        "google": head("Delivery Status Notification (Failure)", "X-Failed-Recipients: ana@gone.example")
        + crlf(
            f"""
Delivery to the following recipient failed permanently:

     ana@gone.example

Technical details of permanent failure:
The error that the other server returned was:
{reason}

----- Original message -----

{RETURNED}"""
        ),
        "yahoo": head("Failure Notice")
        + crlf(
            f"""
Sorry, we were unable to deliver your message to the following address.

<ana@gone.example>:
{reason}

--- Below this line is a copy of the message.

{RETURNED}"""
        ),
    }
