"""English words that say a number without being one, Roman numerals, and words for orders of magnitude."""

from triwire_server.text.quantities.values import keys_by_word

ROMAN = {
    tens + ones: float(10 * tens_index + index)
    for tens_index, tens in enumerate(["", "X", "XX", "XXX", "XL", "L"])
    for index, ones in enumerate(["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"])
    if tens + ones
}
"""Number by its Roman numeral, up to 59."""

VAGUE = {"dozens": 1, "scores": 1, "hundreds": 2, "thousands": 3, "millions": 6, "billions": 9, "trillions": 12}
"""Power of ten by the word for many of them."""


GIVES = keys_by_word(
    (
        (1.0,),
        "a an single each every per once sole another lone alone any annual annually yearly daily monthly weekly "
        "hourly inaugural individual individually debut top leader leading champion champions winner winning solo same "
        "primary only",
    ),
    ((2.0,), "twice both couple pair pairs double doubled doubles doubling two-fold twins twin duo duet bilateral"),
    (
        (2.0,),
        "brace back deputy twosome dual runner twofold couples either neither duplicate biennial secondary",
    ),
    ((0.5, 50.0, 2.0), "half halves halved halve halving midway"),
    ((0.5, 50.0, 2.0, 4.0), "semi semifinal semifinals semifinalist semifinalists"),
    (
        (3.0,),
        "triple tripled triples tripling trio thrice treble trilateral triplets tripartite hat threesome threefold",
    ),
    ((4.0,), "quadruple quadrupled quartet fourfold foursome foursomes fourballs fourball quad"),
    ((4.0, 0.25, 25.0, 8.0, 3.0, 1.0), "quarter quarters quarterly quarterfinal quarterfinals"),
    ((5.0,), "quintet fivefold quintuple"),
    ((6.0,), "sextet sixfold"),
    ((10.0,), "decade decades tenfold teens teenage teenager teenagers teen teen-age tenner"),
    *(
        ((20.0 + 10 * tens, 1920.0 + 10 * tens), word)
        for tens, word in enumerate(
            ["twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"]
        )
    ),
    ((70.0,), "septuagenarian septuagenarians"),
    ((80.0,), "octogenarian octogenarians"),
    ((90.0,), "nonagenarian nonagenarians"),
    ((100.0, 1.0), "century centuries centenary centennial centenarian hundredfold"),
    ((200.0,), "bicentenary bicentennial"),
    ((1000.0,), "millennium grand"),
    ((2.0, 14.0), "fortnight fortnightly"),
    ((12.0, 1.0), "dozen"),
    ((20.0,), "score"),
    ((0.0,), "unanimous unanimously nil zero none nought goalless scoreless nobody"),
    ((19.0,), "covid coronavirus"),
    (("w5", "w6", 2.0), "weekend weekends"),
    (("t0", 12.0), "noon midday midnight"),
    ((1.0, 24.0), "day overnight"),
    ((1.0, 12.0, 365.0), "year"),
    ((1.0, 7.0), "week weeklong"),
    ((1.0, 30.0), "month monthlong"),
    ((1.0, 60.0), "hour"),
    (("6-25", 6.25, 6.0, 25.0), "korean"),
)
"""Keys of words, in lower case, that say a number without being one. The other side may have it in digits."""
