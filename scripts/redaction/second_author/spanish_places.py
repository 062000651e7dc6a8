"""Addresses of Spain and Latin America, as people write them to a courier or a friend."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.spanish_people import TALK
from second_author.talk import distort

SPAIN_STREETS = (
    "calle Mayor",
    "Calle de Alcalá",
    "C/ San Bernardo",
    "c/ Real",
    "C/Cervantes",
    "c/ Virgen del Pilar",
    "Avda. de la Constitución",
    "Avenida de América",
    "Av. Diagonal",
    "Plaza de España",
    "Pza. del Sol",
    "plaza Nueva",
    "Paseo de Gracia",
    "Pº de la Castellana",
    "Ronda de Sant Pere",
    "Camino Viejo",
    "Travesía del Horno",
    "Cuesta de Moyano",
    "Glorieta de Bilbao",
    "Carrer de Balmes",
    "Carretera de Burgos",
    "Gran Vía",
    "Rúa do Vilar",
    "Urbanización Los Pinos",
    "calle 8 de Marzo",
    "Costanilla de los Ángeles",
)
SPAIN_HOUSES = (
    " {h}",
    ", {h}",
    ", {h}, {f}º B",
    " {h}, {f}º izda.",
    " nº {h}",
    ", nº {h}, bajo dcha.",
    " {h} {f}ºC",
    ", {h}, piso {f}, puerta 2",
    " {h}, esc. A, {f}º 1ª",
    ", {h}, portal 3, {f}º D",
    " {h}-{h2}",
    ", número {h}",
    " {h} bis",
    " {h}, ático",
    ", s/n",
)
SPAIN_TOWNS = (
    "28013 Madrid",
    "08036 Barcelona",
    "41004 Sevilla",
    "46001 Valencia",
    "48009 Bilbao",
    "15705 Santiago de Compostela",
    "06700 Villanueva de la Serena",
    "50001 Zaragoza (España)",
)
LATIN = (
    "Av. Insurgentes Sur {h}02, Col. Crédito Constructor, C.P. 03940",
    "Calle Hidalgo {h}, Col. Centro",
    "Av. Juárez #{h}, interior {f}",
    "calle Morelos No. {h}, colonia Roma, CDMX",
    "Blvd. Díaz Ordaz {h}0",
    "Calzada de Tlalpan {h}5",
    "Privada de los Cedros {h}",
    "Cra. 7 No. {h}-{h2}",
    "Carrera 15 # {h}-{h2}, apto {f}01",
    "Calle {h} #12-{h2}",
    "Cl. 100 # {f}-{h2}, Bogotá",
    "Diagonal 22B No. {h}-{h2}",
    "Av. Corrientes {h}34, {f}° B",
    "Av. Rivadavia {h}00, piso {f}, depto. A, CABA",
    "calle San Martín {h}",
    "Jr. de la Unión {h}0, Lima",
    "Jirón Puno {h}",
    "Av. Providencia {h}1, depto {f}04",
    "Pasaje Los Aromos {h}",
    "Av. 18 de Julio {h}5 apto {f}",
)
FRAMES = (
    "vivo en {}",
    "mi dirección es {}",
    "Dirección: {}",
    "nos mudamos a {}",
    "envíalo a {}",
    "Entregar en {}",
    "quedamos en {} a las 19 h",
    "Domicilio: {}",
    "el paquete está en {} con el portero",
    "la consulta está en {}",
    "{}",
    "Se alquila piso: {}, 3 habitaciones, 85 m2",
    "la fiesta es en {}, toca el timbre de Ruiz",
    "Enviar a:\n{}",
    "la abuela vive ahora en {}",
    "recógeme en {} a las 8",
    "Estamos en {} (entrada por el patio)",
    "el taxi a {} son 12 euros",
)


def address(rng: random.Random) -> PlantedItem:
    house, flat = rng.randint(11, 95), rng.randint(1, 9)
    if rng.random() < 0.65:
        item = rng.choice(SPAIN_STREETS) + rng.choice(SPAIN_HOUSES)
        if rng.random() < 0.3:
            item += rng.choice((", ", "\n", ". ")) + rng.choice(SPAIN_TOWNS)
    else:
        item = rng.choice(LATIN)
    item = item.format(h=house, h2=house + 2, f=flat)
    return TALK.place(rng, "address", distort(rng, item, 0.06), FRAMES)
