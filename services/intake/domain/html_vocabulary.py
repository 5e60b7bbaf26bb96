"""What HTML of a mail may consist of, as data for the sanitiser."""


def _words(*lines: str) -> set[str]:
    return {word for line in lines for word in line.split()}


#: Elements that a parser closes by itself, or that hold nothing: many of them in a row are not depth.
SHALLOW = frozenset(
    _words(
        "p li td th tr dt dd thead tbody tfoot colgroup option br hr img input meta link col area base wbr source",
        "track param embed html body head !doctype o:p",
    )
)
TAGS = _words(
    "a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd del details div dl",
    "dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp",
    "section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr",
)
#: Elements that go with all that they hold.
WITH_CONTENT = _words(
    "script style title head noscript noembed noframes template svg math iframe object embed applet audio video",
    "select textarea button xmp plaintext",
)
_CELL = _words("colspan rowspan align valign bgcolor width height nowrap")
ATTRIBUTES = {
    "*": _words("dir lang title align"),
    "a": _words("href name"),
    "blockquote": _words("type"),
    "col": _words("span width"),
    "colgroup": _words("span width"),
    "font": _words("color face size"),
    "img": _words("src alt width height data-remote-src"),
    "li": _words("value"),
    "ol": _words("start type"),
    "table": _words("border cellpadding cellspacing width bgcolor"),
    "td": _CELL,
    "th": _CELL,
    "time": _words("datetime"),
    "tr": _words("valign bgcolor"),
    "ul": _words("type"),
}
