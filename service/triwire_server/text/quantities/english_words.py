"""English words that say a number without being one, Roman numerals, and words for orders of magnitude."""

from triwire_server.text.quantities.values import Key

ROMAN = {
    tens + ones: float(10 * tens_index + index)
    for tens_index, tens in enumerate(["", "X", "XX", "XXX", "XL", "L"])
    for index, ones in enumerate(["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"])
    if tens + ones
}
"""Number by its Roman numeral, up to 59."""

VAGUE = {"dozens": 1, "scores": 1, "hundreds": 2, "thousands": 3, "millions": 6, "billions": 9, "trillions": 12}
"""Power of ten by the word for many of them."""


def _gives() -> dict[str, tuple[Key, ...]]:
    """Words that say a number without being one. The other side may have it in digits."""
    table: dict[str, tuple[Key, ...]] = {}

    def add(keys: tuple[Key, ...], words: str) -> None:
        table.update(dict.fromkeys(words.split(), keys))

    add(
        (1.0,),
        "a an single each every per once sole another lone alone any annual annually yearly daily monthly weekly "
        "hourly inaugural individual individually debut top leader leading champion champions winner winning solo same "
        "primary only",
    )
    add((2.0,), "twice both couple pair pairs double doubled doubles doubling two-fold twins twin duo duet bilateral")
    add(
        (2.0,),
        "brace back deputy twosome dual runner twofold couples either neither duplicate biennial secondary",
    )
    add((0.5, 50.0, 2.0), "half halves halved halve halving midway")
    add((0.5, 50.0, 2.0, 4.0), "semi semifinal semifinals semifinalist semifinalists")
    add(
        (3.0,),
        "triple tripled triples tripling trio thrice treble trilateral triplets tripartite hat threesome threefold",
    )
    add((4.0,), "quadruple quadrupled quartet fourfold foursome foursomes fourballs fourball quad")
    add((4.0, 0.25, 25.0, 8.0, 3.0, 1.0), "quarter quarters quarterly quarterfinal quarterfinals")
    add((5.0,), "quintet fivefold quintuple")
    add((6.0,), "sextet sixfold")
    add((10.0,), "decade decades tenfold teens teenage teenager teenagers teen teen-age tenner")
    for digit, word in enumerate(
        ["twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"]
    ):
        tens = 20.0 + 10 * digit
        table[word] = (tens, 1900.0 + tens)
    add((70.0,), "septuagenarian septuagenarians")
    add((80.0,), "octogenarian octogenarians")
    add((90.0,), "nonagenarian nonagenarians")
    add((100.0, 1.0), "century centuries centenary centennial centenarian hundredfold")
    add((200.0,), "bicentenary bicentennial")
    add((1000.0,), "millennium grand")
    add((2.0, 14.0), "fortnight fortnightly")
    add((12.0, 1.0), "dozen")
    add((20.0,), "score")
    add((0.0,), "unanimous unanimously nil zero none nought goalless scoreless nobody")
    add((19.0,), "covid coronavirus")
    add(("w5", "w6", 2.0), "weekend weekends")
    add(("t0", 12.0), "noon midday midnight")
    add((1.0, 24.0), "day overnight")
    add((1.0, 12.0, 365.0), "year")
    add((1.0, 7.0), "week weeklong")
    add((1.0, 30.0), "month monthlong")
    add((1.0, 60.0), "hour")
    add(("6-25", 6.25, 6.0, 25.0), "korean")
    return table


GIVES = _gives()
"""Keys by word in lower case. The other side may have them in digits."""
