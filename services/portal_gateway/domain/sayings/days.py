"""The names of days and months, by language, for moments on the customers' pages."""

from collections.abc import Mapping

from services.portal_gateway.domain.view_models.times import ENGLISH_DAYS, DayWords


def _names(words: str) -> tuple[str, ...]:
    return tuple(words.split())


DAYS: Mapping[str, DayWords] = {
    "en": ENGLISH_DAYS,
    "es": DayWords(
        today="Hoy",
        yesterday="Ayer",
        weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        short_weekdays=("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
        months=_names("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        short_months=_names("ene feb mar abr may jun jul ago sept oct nov dic"),
    ),
    "pt": DayWords(
        today="Hoje",
        yesterday="Ontem",
        weekdays=(
            "segunda-feira",
            "terça-feira",
            "quarta-feira",
            "quinta-feira",
            "sexta-feira",
            "sábado",
            "domingo",
        ),
        short_weekdays=("seg", "ter", "qua", "qui", "sex", "sáb", "dom"),
        months=_names("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
        short_months=_names("jan fev mar abr mai jun jul ago set out nov dez"),
    ),
    "fr": DayWords(
        today="Aujourd’hui",
        yesterday="Hier",
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        short_weekdays=("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
        months=_names("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        short_months=_names("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
    ),
}
