"""Street addresses, as people write them to a courier or a friend."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.talk import distort, place, random_digits

RU_STREETS = (
    "ул. Гагарина",
    "ул.Пушкина",
    "ул Мира",
    "улица Большая Ордынка",
    "Садовая улица",
    "улица 8 Марта",
    "ул. 50 лет Октября",
    "ул. Карла Маркса",
    "ул. академика Королёва",
    "пр-т Ленина",
    "проспект Вернадского",
    "пр. Науки",
    "просп. Просвещения",
    "Невский пр.",
    "Ленинский проспект",
    "пер. Речной",
    "Столярный переулок",
    "б-р Шевченко",
    "бульвар Рокоссовского",
    "Тверской бульвар",
    "ш. Энтузиастов",
    "Ярославское шоссе",
    "наб. Фонтанки",
    "набережная реки Мойки",
    "пл. Победы",
    "проезд Дежнёва",
    "3-я Парковая улица",
    "2-й Донской проезд",
    "7-я линия В.О.",
    "мкр. Солнечный",
    "микрорайон Южный",
    "тупик Заречный",
    "Кутузовский пр-кт",
)
TOWNS = ("Москва, ", "г. Тверь, ", "190121, Санкт-Петербург, ", "г. Тольятти, ", "СПб, ")
RU_STREETS_PREPOSITIONAL = (
    "улице Гагарина",
    "Садовой улице",
    "проспекте Мира",
    "Ленинском проспекте",
    "набережной Фонтанки",
    "переулке Радищева",
    "бульваре Космонавтов",
)
RU_HOUSES = (
    ", д. {h}, кв. {f}",
    " д.{h} кв.{f}",
    ", дом {h}, квартира {f}",
    " {h}-{f}",
    ", {h}",
    " {h}",
    ", {h}, кв {f}",
    ", д {h} к 2 кв {f}",
    ", {h}к3",
    ", {h}с1",
    " {h}/2, кв. {f}",
    ", д. {h}а",
    " {h} корпус 1 подъезд 3 кв {f}",
    ", {h} стр. 4, офис {f}",
    ", дом {h}, {f}",
    ", дом № {h}",
    " д. {h}, корп. 2, кв. {f}, эт. 5",
)
RU_BARE = (
    "Ленина 5, кв 12",
    "Гагарина д.{h} кв {f}",
    "Пушкинская, дом {h}, кв. {f}",
    "Мира, {h}, кв. {f}",
    "Советская, д. {h}",
)
RU_FRAMES = (
    "адрес: {}",
    "Адрес доставки {}",
    "мы на {}",
    "приезжай, {}, домофон не работает",
    "она живёт {}",
    "вези на {} к 18:00",
    "Самарская обл., {}",
    "прописка: {}, по факту живу у мамы",
    "Пункт выдачи — {} (с 10 до 21)",
    "{}",
    "встречаемся тут: {}!",
    "такси на {} 450 рублей",
    "переехали на {}, заходите",
    "квартиру сняли, {}. 45 тысяч в месяц",
    "курьеру скажи {}",
)
PREPOSITIONAL_FRAMES = (
    "живу на {}",
    "сняли квартиру на {}",
    "встретимся на {}",
    "офис теперь на {}",
    "стою на {} жду",
)
EN_STREETS = (
    "Baker Street",
    "Elm St.",
    "Maple Ave",
    "Pennsylvania Avenue NW",
    "King's Road",
    "Rosebery Gardens",
    "N 45th St",
    "W. 3rd Street",
    "Old Mill Lane",
    "Sunset Blvd",
    "Martin Luther King Jr. Blvd",
    "St. Mary's Crescent",
    "Churchill Way",
    "Privet Drive",
    "Abbey Rd",
    "Queen Square",
    "Highland Ct",
    "Park Terrace",
    "Riverside Dr.",
    "The Grove",
    "Station Road",
    "E 14th Street",
    "Lombard Street",
    "Market Place",
    "Fifth Ave",
    "Penny Lane",
    "Kensington Church Walk",
    "Harbour View Close",
    "Route 66",
    "Main St",
)
EN_SHAPES = (
    "{h} {s}",
    "{h} {s}",
    "{h}b {s}",
    "{h} {s}, Apt 3C",
    "{h} {s} #{f}",
    "{h} {s}, Unit {f}",
    "Flat {f}, {h} {s}",
    "Flat 2, {h} {s}",
    "{h} {s}, Springfield, IL 62704",
    "{h} {s}, Portland OR 97209",
    "{h} {s}, London SW1A 2AA",
    "{h} {s}\nLeeds\nLS1 4DY",
    "{h} {s}, New York, NY 10013-2402",
    "Apt {f}, {h} {s}",
    "{h}-{h2} {s}",
    "{h} {s}, Suite 400",
    "{h} {s}, Cambridge CB2 1TN",
)
EN_FRAMES = (
    "I live at {}",
    "address: {}",
    "Ship to {}.",
    "we moved to {} last May",
    "come to {} around 7",
    "it's {}, buzzer's broken",
    "Pick me up at {}?",
    "{}",
    "my address is {}",
    "the party's at {} on the 4th",
    "send the parcel to {}",
    "her new place: {}",
    "Deliver to:\n{}",
    "meet me outside {}, 10 min walk",
    "office is at {} (2nd floor)",
    "адрес в Лондоне {}",
    "rent at {} is $2,400",
    "he grew up at {}",
)
BOXES = ("PO Box {n}", "P.O. Box {n}", "а/я {n}")


def address(rng: random.Random) -> PlantedItem:
    house, flat = str(rng.randint(1, 240)), str(rng.randint(1, 400))
    chance = rng.random()
    if chance < 0.02:
        item = rng.choice(BOXES).format(n=random_digits(rng, 4))
        return place(rng, "address", item, ("write to {}", "our address is {}", "шлите на {}"))
    if chance < 0.42:
        item = rng.choice(RU_STREETS) + rng.choice(RU_HOUSES).format(h=house, f=flat)
        if rng.random() < 0.25:
            item = rng.choice(TOWNS) + item
        frames = RU_FRAMES
    elif chance < 0.48:
        item = rng.choice(RU_STREETS_PREPOSITIONAL) + rng.choice(
            (" {h}", ", {h}", ", дом {h}", " {h}, кв {f}")
        ).format(h=house, f=flat)
        frames = PREPOSITIONAL_FRAMES
    elif chance < 0.52:
        item = rng.choice(RU_BARE).format(h=house, f=flat)
        frames = RU_FRAMES
    else:
        street = rng.choice(EN_STREETS)
        shape = rng.choice(EN_SHAPES)
        item = shape.format(h=house, f=flat, h2=int(house) + 4, s=street)
        frames = EN_FRAMES
    return place(rng, "address", distort(rng, item, 0.1), frames)
