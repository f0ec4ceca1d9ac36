"""Words and letters that tell languages apart in a headline, where there are no whole sentences to go by."""

_WORDS_OF_ENGLISH_ONLY = """
the and that with from this have has had are were been which would could should will they their there them
what when who whose his her she he its than then these those after before about into over under between
through because while where why how your you our my it not but be by or said says
"""
ENGLISH_ONLY = frozenset(_WORDS_OF_ENGLISH_ONLY.split())
"""Function words of English that few other languages in Latin letters share."""

_WORDS_OF_ENGLISH_SHARED = """
of to in for on at as is was an a i we do if so no up out all more most new its
"""
ENGLISH_SHARED = frozenset(_WORDS_OF_ENGLISH_SHARED.split())
"""Function words of English that other languages have too: they count only beside the others."""

_WORDS_OF_ENGLISH_NEWS = """
accuse admit ahead aid aim air alert allow amid analysis announce answer appeal apologise apologize approve arrest
arrive ask attack avoid award away back backlash ball bank battle become begin behind best better big bill black blast
block blow board boat body bomb book boost border boss boy break bring broken build burn business buy call cancel car
care case catch cause ceasefire challenge change charge chief child children choose church city claim clash climate
close coach coal come confirm cost count country court cover crack crash crew crime cut daily dead deadly deal death
debate debt decade defeat delay demand deny despite die dies disappoint discover dispute doctor donate donation doubt
down downgrade draw dream drink drive drop drown drug early earn earnings earthquake east economy edge election end
enter escape ever every expect face fail fake fall family fan farm fashion father fear feared fed feel fell fight find
fine fire firm first five fix flee flight flood fly food force forecast former found four free friend fuel full fund
game gas get girl give global go goal gold government ground group grow growth guilty gun halt hand hate head health
hear headline heat help high higher highest hit hold home hope hospital house hundred hunt hurt identify illegal
inquiry inside interest invest investigate issue jail job join joint judge jump keep key kid kill king know labour
lack land last late later latest launch law lawmaker lawsuit lawyer lead leader leak learn leave left less let letter
life lift light like limit line list little live lives long look lose loss love low lower lowest made major make man
many mark market match may mayor mean meet member men military million minister missing money month mother mourn move
movie much murder name near need never news next night north nuclear officer official oil old one online open oppose
order ousted outbreak outside own owner oust party pass past pay peace people phone picture plan plane play player
plea pledge point poll poor power president press pressure price prime prison probe profit prompt protest protester
prove public pull push quake quarter queen question quit quits race rain raise rally rape rate reach read ready recall
recession record reject release remain remember report reporter rescue resign result results reveal rise risk rival
road rock row rule ruling run sale save scandal school score sea seal search season second secret see seek seize sell
send sentence set seven sex shake share shares ship shock shoot shooting shop short shot show shut shutdown side sign
silver sink six slam slash slow slump small smoke snow soar soccer soldier son soon south space spark speak speech
speed spend spike split spread spring spy staff stage stake stand star start state stay steal step stock stocks stop
storm story street strike strong student study sue suffer suicide summer summit supply support surge survive suspect
swear sweep swim take talk target task tax teach teacher team teen tell ten test think thousand threat threaten three
throw tie tight time tip title today together told top tough tour town trade train travel treat trial trip troop try
turn two unveil update urge use victim victory view violence visit vote voter vow wage wait walk want war warn watch
water way weak wealth weapon weather website week weekend weigh west white wildfire win winner winter wipe woman women
word work worker world worry worse worst wound write year young youth boycott brace breach brexit bust clear cool
crackdown crisis crown dozen eye falls five-year gains gunman half hacker heatwave hike holiday horror hurricane
iconic in-depth insight inflation investor know landmark lockdown midterm migrant obituary opinion outlook overnight
pandemic parliament photo pick pictures poison quiet refugee restart retire review royal sanction shark shift
side-by-side sixth spotlight square squad stabbing striker struggle tariff tech things thrill trophy truce truth tweet
unemployment unrest verdict vaccine wedding whistleblower wins worldwide yield grounded fined accused ends goalless
tops
"""
_LOANS = frozenset(
    ["war", "die", "fast", "gift", "land", "art", "test", "star", "team", "live", "fan", "six", "son", "final"]
)
ENGLISH_NEWS = frozenset(_WORDS_OF_ENGLISH_NEWS.split()) - _LOANS
"""Content words of English headlines, uninflected, without those that other languages write the same way."""

_FOREIGN = {
    "fr": """en visite à le la les un une des du de et est sont dans sur pour avec au aux ce cette qui que
        quand ne pas plus par mort contre après selon sans sous elle il ils nous vous chez vers fait été où""",
    "es": """el la los las un una unos del de y es son en por para con al se su sus que no más muere contra tras según
        sin sobre entre como pero este esta hoy años gobierno presidente""",
    "pt": """o os as um uma do da dos das de e é em no na nos nas por para com ao que não mais contra após sobre sem
        diz são foi seu sua governo presidente""",
    "it": """il lo la gli i le un una del della dei delle di e è sono in nel nella per con al alla che non più contro
        dopo su tra come morto anni governo""",
    "de": """der die das den dem des ein eine einen einem einer und ist sind im in von vom zu zum zur mit für auf aus
        bei nach nicht sich auch droht fordert warnt kommt geht gewinnt beschließt wird
        werden gegen über vor wegen wie als tritt steht warum deutschland""",
    "nl": """de het een en is zijn in van voor met op aan bij naar niet ook wordt worden tegen over door uit als wil
        maar nog dat die""",
    "sv": """och är att det en ett i på för med av till inte som den om från efter mot vid har kan ska""",
    "da": """og er at det en et i på for med af til ikke som den om fra efter mod ved har kan skal""",
    "nb": """og er at det en et i på for med av til ikke som den om fra etter mot ved har kan skal""",
    "ca": """el la els les un una dels del de i és són en per amb al a que no més contra sobre""",
    "id": """yang dan di ke dari untuk dengan pada ini itu tidak akan dalam oleh jadi bisa para presiden harga orang
        indonesia naik turun bertemu warga""",
    "vi": """của và là có được cho trong với không người những các một về tại""",
    "pl": """i w na z do się nie jest to że po od za dla przez jak""",
    "tr": """ve bir bu için ile da de den dan olarak sonra""",
    "ro": """și de la în cu pe din pentru nu este a au care""",
    "fi": """ja on ei se että oli hän mutta kun myös""",
    "hu": """a az és hogy nem egy is van""",
    "cs": """a v na se z do je že pro s o""",
}
FOREIGN: dict[str, list[str]] = {}
"""Function words and the commonest headline words of other languages -> the languages that have them."""
for _language, _words in _FOREIGN.items():
    for _word in _words.split():
        FOREIGN.setdefault(_word, []).append(_language)

_TAGS_OF_NEWS = """
ar bg cs da de el en es fa fi fr he hi hu id it nl nb pl pt ro ru sv th tr uk vi zh
"""
NEWS_LANGUAGES = frozenset(_TAGS_OF_NEWS.split())
"""Languages in which most news is written."""

FOREIGN_ENDINGS = {
    "ciones": ("es",),
    "ción": ("es",),
    "ções": ("pt",),
    "ção": ("pt",),
    "zione": ("it",),
    "zioni": ("it",),
    "schaft": ("de",),
    "heit": ("de",),
    "keit": ("de",),
    "ungen": ("de",),
    "eux": ("fr",),
    "ique": ("fr",),
    "iques": ("fr",),
}
"""Endings of words, with the languages that have them."""

FOREIGN_LETTERS = {
    "à": ("fr", "it", "pt", "ca"),
    "é": ("fr", "es", "pt", "hu", "cs"),
    "á": ("es", "pt", "hu", "cs"),
    "í": ("es", "pt", "hu", "cs"),
    "ó": ("es", "pt", "pl", "hu"),
    "ú": ("es", "pt", "hu"),
    "ß": ("de",),
    "ñ": ("es",),
    "¿": ("es",),
    "ü": ("de", "tr", "hu", "es"),
    "ä": ("de", "sv", "fi"),
    "ö": ("de", "sv", "fi", "tr", "hu"),
    "å": ("sv", "da", "nb"),
    "ø": ("da", "nb"),
    "æ": ("da", "nb"),
    "ç": ("fr", "pt", "tr", "ca"),
    "ã": ("pt", "vi"),
    "õ": ("pt", "vi"),
    "œ": ("fr",),
    "è": ("fr", "it", "ca"),
    "ê": ("fr", "pt", "vi"),
    "ò": ("it", "ca"),
    "ù": ("fr", "it"),
    "ş": ("tr", "ro"),
    "ğ": ("tr",),
    "ı": ("tr",),
    "ł": ("pl",),
    "ą": ("pl",),
    "ę": ("pl",),
    "ă": ("ro", "vi"),
    "ț": ("ro",),
    "đ": ("vi",),
    "ơ": ("vi",),
    "ư": ("vi",),
    "ő": ("hu",),
    "ř": ("cs",),
    "ě": ("cs",),
}
"""Letters that few languages write, with those languages."""

CHINESE_ONLY = frozenset("們这這妳她你吗嗎们吧呢啊說沒與於對從將讓總灣舉經濟點歲聯變應黨觀歡證發續兩")
"""Characters of Chinese that modern Japanese does not write.

Others are no evidence, for a headline without kana may hold them in a compound: 目的, 終了, 在日, 与党, 他社 (purpose,
end, in Japan, ruling party, other firm).
"""

CHINESE_OR_NAMES = frozenset("國會學實戰體廣權邊鐵圖區樂驗萬數關當團條轉應")
"""Characters that modern Japanese writes in names only; two of them are Chinese."""

_WORDS_OF_CHINESE = """
美国 警方 日前 如何 正在 已被 已有 已在 此前 特朗普 拜登 普京 宣布 股市 大跌 下跌 嫌犯
"""
# 与 ("and") is part of words in Japanese: 与党, 関与, 投与 (ruling party, involvement, dosing).
CHINESE_WORDS = "(?<![関給授賦付投贈寄参供貸天])与(?![党野那謝信論件力え])|" + "|".join(_WORDS_OF_CHINESE.split())
"""Regular expression of Chinese words in characters that Japanese has too: "USA", "police", "announce", ..."""
