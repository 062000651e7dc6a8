"""Recognizer of street addresses in Spain and Latin America: a way, its name and a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.spans import Hit, pattern_hits

CAPITAL = r"[A-ZÁÉÍÓÚÑ]"
LINK = r"(?:de[ ]las|de[ ]los|de[ ]la|del|de|las|los|la|el|y|i|do|da|dos|sobre)"
NAME = (
    rf"(?:{LINK}[ ])?(?:{CAPITAL}[\w.'’-]*|\d{{1,2}}[A-Z]?(?![\w.,]))"
    rf"(?:[ ](?:{LINK}[ ])?{CAPITAL}[\w.'’-]*){{0,5}}"
)
WAY = (
    r"(?:(?i:calle|cl\.|avenida|avda?\.?|av\.?|plaza|pza\.?|plz\.|paseo|p[ºo]\.?(?=[ ]de)|ronda"
    r"|camino|cno\.|travesía|cuesta|glorieta|carretera|ctra\.?|rúa|urbanizaci[óo]n|urb\.|costanilla"
    r"|carrer|passeig|plaça|avinguda|rambla|callej[óo]n|pasaje|psje\.|privada|calzada|blvd\.?"
    r"|bulevar|boulevard|carrera|cra\.?|kr\.|diagonal|transversal|jir[óo]n|jr\.|alameda)[ ]+"
    r"|(?i:c/[ ]?))"
)
UNIT = (
    r"(?![ ]?(?:min|hora|h(?!\w)|km|kil[óo]metro|metro|m(?!\w)|euro|€|%|persona|a[ñn]o|d[íi]a|veces"
    r"|peso|habitante|parada))"
)
NUMBER_WORD = r"(?:n[ºo°]\.?|n[úu]m\.?|n[úu]mero|No\.?|\#)"
HOUSE = (
    r"(?:\d{1,5}(?:(?:[ ]?bis|[A-Za-z]|[ ][B-DF-HJ-NP-TV-XZ])(?![\w'’º°]|\.\w))?"
    r"(?:[ ]?[–-][ ]?\d{1,4}[A-Z]?(?!\w))?"
    r"|[Ss]/[Nn](?!\w))"
)
# "3º B", which folding makes "3o B"; "2ª"; and parts of a building with a word.
FLOOR = (
    r"(?:,?[ ]*(?:(?<!\d)\d{1,2}[ ]?(?:[ºª°]|[oa](?![a-z]))\.?"
    r"(?:[ ,]*(?:[A-H](?!\w)|izq(?:uierda)?\.?|izda\.?|dcha\.?|derecha|der\.|ctro\.?"
    r"|\d{1,2}(?:[ºª°]|[oa](?!\w))))?"
    r"|(?i:piso|puerta|pta\.?|portal|escalera|esc\.?|interior|int\.?|departamento|depto\.?|dpto\.?"
    r"|apto\.?|apartamento|oficina|of\.|local|bloque|bl\.|torre|lote|manzana|mz\.?)[ ]?"
    r"(?:\d{1,4}[A-Z]?|[A-Z])(?!\w)"
    r"|(?i:bajos?|ático|atico|entresuelo|principal)(?!\w)(?:[ ](?:izda|dcha|izquierda|derecha"
    r"|[A-D](?!\w))\.?)?"
    rf"|(?i:colonia|col\.)[ ]{CAPITAL}[\w-]+(?:[ ](?:{LINK}[ ])?{CAPITAL}[\w-]+){{0,3}}"
    r"|(?i:c\.?[ ]?p\.?)[ ]?\d{4,5}(?!\d)))"
)
TOWN_NAME = rf"{CAPITAL}[\w-]+(?:[ ](?:{LINK}[ ])?{CAPITAL}[\w-]+){{0,3}}(?:[ ]\({CAPITAL}\w+\))?"
TOWN = (
    rf"(?:[,.]?[ \n]+\d{{5}}[ ]+{TOWN_NAME}|,[ ]+{CAPITAL}[\w-]+(?:[ ]{LINK}[ ]{CAPITAL}[\w-]+)?"
    r"(?=[ ]*(?:[.,;!?()\n]|$)))"
)
STREET = rf"(?:{WAY}{NAME}|[Gg]ran[ ][Vv][íi]a(?:[ ]{LINK}[ ]{CAPITAL}\w+)?)"
END = rf"(?![\d:]|[.,]\d){UNIT}{FLOOR}*{TOWN}?"
ADDRESS = re.compile(
    rf"(?<![\w/]){STREET}(?:,?[ ]+{NUMBER_WORD}?|,?[ ]?{NUMBER_WORD})[ ]*{HOUSE}{END}"
)
# Colombia's grid of numbered streets: Calle 45 # 12-30.
GRID = re.compile(
    r"(?<!\w)(?i:calle|cll?\.?|carrera|cra\.?|kra?\.?|avenida|av\.?|diagonal|diag\.?|transversal"
    r"|transv\.?)[ ]?\d{1,3}[ ]?[A-Z]{0,2}(?:[ ](?:bis|sur|norte|este))?[ ]*"
    rf"(?:\#|[Nn][o°º]\.?)[ ]?\d{{1,3}}[A-Z]?[ ]?[–-][ ]?\d{{1,3}}{END}"
)
BOX = re.compile(r"\b(?:apartado(?: de correos| postal)?|apdo\.?)[ ]\d{1,6}(?!\w)", re.I)


def find_spanish_addresses(text: str) -> Iterator[Hit]:
    """Yield Spanish and Latin American street addresses and postal boxes in a folded text."""
    for pattern in (ADDRESS, GRID, BOX):
        yield from pattern_hits("address", pattern, text)
