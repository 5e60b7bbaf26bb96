"""Mail addresses as identities: one address, one person, whatever its case.

Source: RFC 5321 §2.4 lets local parts differ by case, but no provider that our users meet does; people write their
address in any case, and P24 promises one record.
"""

import unicodedata
from functools import lru_cache
from uuid import UUID

from shared.ids import seed_id

#: Domains whose addresses belong to people, never to one company (R20).
FREE_MAIL_DOMAINS = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.es outlook.pt outlook.com.br hotmail.com hotmail.es hotmail.fr
    hotmail.co.uk hotmail.it hotmail.de live.com live.com.pt live.com.mx msn.com yahoo.com yahoo.es yahoo.fr yahoo.de
    yahoo.it yahoo.co.uk yahoo.com.br yahoo.com.mx yahoo.com.ar ymail.com rocketmail.com icloud.com me.com mac.com
    aol.com gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de freenet.de mail.com proton.me protonmail.com pm.me
    tutanota.com tuta.com zoho.com fastmail.com hey.com sapo.pt iol.pt clix.pt mail.telepac.pt netcabo.pt uol.com.br
    bol.com.br terra.com.br ig.com.br globo.com libero.it virgilio.it tiscali.it alice.it orange.fr wanadoo.fr free.fr
    laposte.net sfr.fr telefonica.net terra.es ono.com mail.ru yandex.ru yandex.com bk.ru inbox.ru rambler.ru
    seznam.cz centrum.cz wp.pl o2.pl onet.pl interia.pl qq.com 163.com 126.com sina.com naver.com hanmail.net daum.net
    rediffmail.com ziggo.nl kpnmail.nl xs4all.nl home.nl telenet.be skynet.be bluewin.ch comcast.net verizon.net
    att.net sbcglobal.net cox.net charter.net btinternet.com sky.com virginmedia.com talktalk.net telia.com
    bredband.net online.no
    """.split()  # noqa: SIM905 - a list of words reads better than a hundred quotes
)


@lru_cache(maxsize=8192)
def normalise(address: str) -> str:
    """The address by which a person is known: NFC, lower case, the domain in its ASCII form where it has one."""
    text = unicodedata.normalize("NFC", address.strip()).lower()
    local, at, domain = text.rpartition("@")
    if not at:
        return text
    try:
        domain = domain.rstrip(".").encode("idna").decode()
    except UnicodeError:
        domain = domain.rstrip(".")
    return f"{local}@{domain}"


def domain_of(address: str) -> str:
    return normalise(address).rpartition("@")[2]


def company_domain(address: str) -> str | None:
    """The domain that groups this person with colleagues; none for free-mail and nameless ones."""
    domain = domain_of(address)
    return None if not domain or "." not in domain or domain in FREE_MAIL_DOMAINS else domain


def person_id(address: str) -> UUID:
    """The id of a person made from an address: two services that make the same one agree."""
    return seed_id(f"person:{normalise(address)}")


def organisation_id(domain: str) -> UUID:
    """The id of an organisation made from its domain."""
    return seed_id(f"organisation:{domain}")
