"""What mailers call their charsets, what Python calls the one they mean, and what texts in them look like."""

# ruff: noqa: RUF001 - letters of many alphabets

#: The Windows ones hold the ISO ones and the quotation marks that mailers put into them all the same.
ALIASES = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "8859-1": "cp1252",
    "ansi": "cp1252",
    "windows": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "cp-850": "cp850",
    "ibm-850": "cp850",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "x-gbk": "gb18030",
    "x-euc-cn": "gb18030",
    "euc-cn": "gb18030",
    "chinesebig5": "cp950",
    "big5": "big5hkscs",
    "big-5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso-2022-jp-ms",
    "iso-2022-jp-1": "iso-2022-jp-ms",
    "cp50220": "iso-2022-jp-ms",
    "cp50221": "iso-2022-jp-ms",
    "csiso2022jp": "iso-2022-jp-ms",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
    "koi8": "koi8_r",
}
#: Names that say nothing.
UNKNOWN = frozenset(
    {"", "x-unknown", "unknown", "unknown-8bit", "x-user-defined", "default", "binary", "8bit", "7bit", "none", "_iso"}
)
#: Charsets of two bytes a letter, the likelier first: first bytes of the commonest signs, and the commonest of all.
DOUBLE_BYTE = {
    "gb18030": (
        0xB0,
        0xD7,
        "的一是不了在有我他这中大来上个国们到说时要就出会可也你对生能而子那得于着下自之年过您好请谢",
    ),
    "cp932": (0x88, 0x97, "のにはをたがでてとしれさいうかなきるもあすせんおこらんスルトラインド、。"),
    "cp949": (0xB0, 0xC8, "이다는을의에가고하지로나요세여러도를은인습니까안녕해사기어그한시서있정대아보주수"),
    "big5hkscs": (
        0xA4,
        0xC6,
        "的一是不了在有我他這中大來上個國們到說時要就出會可也你對生能而子那得於著下自之年過您好請謝",
    ),
    "euc_jp": (0xB0, 0xCF, "のにはをたがでてとしれさいうかなきるもあすせんおこらんスルトラインド、。"),
}
#: Latin charsets, the likelier first, with the letters that the languages at home there use most, and the rest.
LATIN_LETTERS = {
    "cp1252": ("éáãçóíúàêõñüäöåæßâôèÉÁÃÇÓÍÚÀÊÕÑÜÄÖÅÆ", "ìòùëïîûøÿœªº¿¡«»“”‘’–—…€°§·´ØÔÂÈ"),
    "cp1254": ("ışğİŞĞüöç", "âîû“”‘’–—"),
    "cp1250": ("áíéěščřžýůłąęśżóńćźÁÍÉĚŠČŘŽÝŮŁĄĘŚŻÓŃĆŹ", "úňťďőűăâîşţäöüßđ„”“‚‘’–—…€°§"),
}
#: Cyrillic charsets, the likelier first.
CYRILLIC = ("cp1251", "koi8_r", "cp866", "iso8859_5")
COMMON_CYRILLIC = "оеаинтсрвлкмдпуыяь"
