"""Street addresses as people write them in English and Russian."""

from __future__ import annotations

import random

from first_author.items import PlantedItem, place, random_digits, random_string

RU_STREETS = (
    "Ленина",
    "Большая Садовая",
    "8 Марта",
    "Зелёная",
    "Маршала Рыбалко",
    "Красных Зорь",
    "Льва Яшина",
)
RU_CITIES = ("Казань", "Пермь", "Москва", "Санкт-Петербург", "Нижний Новгород", "Тула")
EN_STREETS = (
    "Elm",
    "Church",
    "Old Mill",
    "Wren",
    "St Mary's",
    "Kings",
    "Martin Luther",
    "Lower Marsh",
)
EN_WAYS = (
    "Street",
    "St",
    "St.",
    "Road",
    "Rd",
    "Avenue",
    "Ave",
    "Lane",
    "Drive",
    "Close",
    "Court",
    "Terrace",
    "Blvd",
)


def address(rng: random.Random) -> PlantedItem:
    return _russian_address(rng) if rng.random() < 0.6 else _english_address(rng)


def _russian_address(rng: random.Random) -> PlantedItem:
    street, house, flat = rng.choice(RU_STREETS), rng.randrange(1, 180), rng.randrange(1, 400)
    city = rng.choice(RU_CITIES)
    first, second = (
        rng.choice([("ул. ", ""), ("улица ", ""), ("ул ", ""), ("пр-т ", ""), ("пер. ", "")]),
        "",
    )
    building = rng.choice(["", "", "к2", " корп. 3", " стр. 1", "/5", "а"])
    name = f"{first[0]}{street}{second}"
    forms = [
        f"{name}, д. {house}{building}, кв. {flat}",
        f"{name} {house}{building}",
        f"{name}, {house}{building}",
        f"г. {city}, {name}, д. {house}{building}, кв. {flat}",
        f"{city}, {name}, {house}, кв. {flat}",
        f"{random_digits(rng, 6)}, г. {city}, {name}, дом {house}, квартира {flat}",
        f"{name} {house}-{flat}",
        f"{name} дом {house} кв {flat}",
        f"{rng.choice(['Невский', 'Кутузовский', 'Мира'])} проспект, {house}, кв. {flat}",
        f"{name.lower()} {house} кв {flat}",
        f"{rng.choice(['Ленина', 'Баумана', 'Зорге'])} {house}, кв. {flat}",
        f"{city}, {rng.choice(['Ленина', 'Баумана'])} {house} кв {flat}",
    ]
    frames = (
        "живу на {}",
        "Адрес: {}.",
        "адрес {}",
        "приезжай: {}",
        "{}",
        "Доставка по адресу {} завтра.",
        "мы теперь тут, {}",
    )
    return place(rng, "address", rng.choice(forms), frames)


def _english_address(rng: random.Random) -> PlantedItem:
    house = f"{rng.randrange(1, 999)}{rng.choice(['', '', 'A', 'b'])}"
    name = f"{house} {rng.choice(EN_STREETS)} {rng.choice(EN_WAYS)}"
    area = f"{rng.choice(['SW', 'EC', 'M', 'LS'])}{rng.randrange(1, 20)}"
    postcode = f"{area} {rng.randrange(1, 9)}{random_string(rng, 'ABDEFG', 2)}"
    flat = rng.randrange(1, 60)
    forms = [
        name,
        f"{name}, Flat {flat}",
        f"Flat {flat}, {name}",
        f"{name}, London {postcode}",
        f"{name}, Apt {flat}, Springfield, IL {random_digits(rng, 5)}",
        f"{name}, {postcode}",
        f"{name} #{flat}",
        f"{name} NW, Washington, DC {random_digits(rng, 5)}",
    ]
    frames = (
        "I live at {}",
        "Send it to {}, please",
        "Address: {}\nThanks",
        "{}",
        "We moved to {} in spring",
        "deliver to {}",
    )
    return place(rng, "address", rng.choice(forms), frames)
