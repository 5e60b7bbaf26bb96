"""What a mail program wrapped flows; what somebody wrote in lines keeps them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal_gateway.domain.view_models.wrapping import flowing

WRAPPED = """Bom dia,

Desde ontem à tarde que a internet da clínica cai a cada dez minutos. A
luz LOS da ONT fica vermelha e passados dois minutos volta. Temos em
Lisboa consultas marcadas.

Morada: Rua das Flores 12, Porto
Marta Silva"""
LOG = """It says this all night, since the update:
Nov 12 10:10:01 ont kernel: eth0 link is down, carrier lost, will be tried again
Nov 12 10:10:31 ont kernel: eth0 link is up, 1000 Mb, full duplex, no flow control
Nov 12 10:10:42 ont kernel: eth0 link is down, carrier lost, will be tried again"""
LIST = """We need three things for the shop in Porto, and all of them before Friday:
- a label printer, the one that broke last week was the second one of that kind
- two rolls of paper
> and what you wrote stays as you wrote it, however long the lines of it may be,
> with the marks that say so
    indented = "code, for which a program's own lines matter more than a width"
    and_more = indented"""
SHORT = """roses are red
and violets blue
the line is dead
"""


def test_paragraphs_flow_and_lines_that_were_meant_stay() -> None:
    """A run is joined also where a line begins with a name; greeting, address and signature keep their lines."""
    assert flowing(WRAPPED).split("\n") == [
        "Bom dia,",
        "",
        (
            "Desde ontem à tarde que a internet da clínica cai a cada dez minutos. A luz LOS da ONT fica vermelha e "
            "passados dois minutos volta. Temos em Lisboa consultas marcadas."
        ),
        "",
        "Morada: Rua das Flores 12, Porto",
        "Marta Silva",
    ]


@pytest.mark.parametrize("text", [LOG, LIST, SHORT, "", "\n", "one line"], ids=range(6))
def test_lines_that_nobody_wrapped_stay(text: str) -> None:
    """Logs, lists, quotations, code and short lines: every line break was meant."""
    assert flowing(text) == text


@given(st.text(alphabet="aB 1.>-\n", max_size=600))
def test_nothing_but_white_space_changes(text: str) -> None:
    """Whatever is joined: the same words in the same order, and no more lines than before."""
    assert flowing(text).split() == text.split()
    assert flowing(text).count("\n") <= text.count("\n")
