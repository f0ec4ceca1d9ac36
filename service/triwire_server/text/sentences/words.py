"""Words that decide where sentences end: abbreviations, openers, verbs of saying, names with a mark of their own."""

_WORDS_OF_NEVER_LAST = """
mr mrs ms mx dr prof rev hon gen col lt maj capt cmdr adm sgt cpl pvt gov sen rep pres mt ft messrs mme mlle supt
insp det amb bros e.g i.e cf vs v ca approx lieut brig pte msgr atty dep asst cllr
"""
NEVER_LAST = frozenset(_WORDS_OF_NEVER_LAST.split())
"""Abbreviations that a name or an explanation follows; no sentence ends with them. Lower case, no final stop."""

LOWER_ALREADY = frozenset(["e.g", "i.e", "cf", "vs", "v", "ca", "approx"])
"""Those of them that are written in lower case; the others need a capital ("no st." is a word)."""

_WORDS_OF_MAY_BE_LAST = """
inc corp co ltd plc llc jr sr bhd jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri
sat sun ave blvd rd st est dept univ assn ph.d mass calif conn fla ill mich minn ore pa tex va wash wis ariz colo ga
okla penn tenn ala ark del ind kan ky md mo mont neb nev vt wyo ont que
"""
MAY_BE_LAST = frozenset(_WORDS_OF_MAY_BE_LAST.split())
"""Abbreviations, written with a capital, that end a sentence only before a word that opens one."""

_WORDS_OF_BEFORE_NUMBER = """
no nos rs fig figs vol vols p pp para art ch sec op ft in lb lbs oz min max tel ext
"""
BEFORE_NUMBER = frozenset(_WORDS_OF_BEFORE_NUMBER.split())
"""Abbreviations only where a number follows."""

_WORDS_OF_OPENERS = """
the a an in on at it its he she they we i you but and this that these those there here when while after before as
for if his her their our my your what who why how where which however meanwhile yet so both many some most all no not
one two three another each every other others several few since until although though because despite during with
without under over from by to or then now still also even just only once last next earlier later according about more
nobody everyone everybody someone nothing something anyone police officials authorities experts critics analysts
instead moreover furthermore nevertheless today yesterday tomorrow asked did do does is are was were will would could
should can may might let please perhaps maybe such those it's he's she's they're we're i'm that's there's
"""
OPENERS = frozenset(_WORDS_OF_OPENERS.split())
"""Words that, with a capital, open a sentence rather than go on with a name. Lower case."""

_WORDS_OF_AFTER_TIME = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun january february
march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
eastern central mountain pacific greenwich london paris tokyo seoul beijing moscow jerusalem christmas thanksgiving
new easter
"""
AFTER_TIME = frozenset(_WORDS_OF_AFTER_TIME.split())
"""Capitalized words that go on after "a.m." and "p.m."; with any other capital a new sentence begins."""

NAMES_WITH_MARK = ("Yahoo!", "Jeopardy!", "Wham!", "Oklahoma!", "Which?", "モーニング娘。", "モー娘。")
"""Names of firms, shows and groups that end in what would end a sentence."""

VERBS_OF_SAYING = (
    "said|says|asked|asks|told|added|adds|wrote|writes|replied|cried|shouted|wondered|tweeted|explained|recalled|joked"
    "|insisted|warned|exclaimed|answered|continued|yelled|screamed|responded|demanded|quipped|remarked"
)
"""Alternatives of a regular expression: English verbs that report speech, in the forms that news uses."""

_WORDS_OF_KOREAN_SAYING = """
말했 말한 물었 답했 대답했 외쳤 소리쳤 반문했 되물었 덧붙였 전했 밝혔 털어놨 털어놓았 강조했 설명했 토로했 호소했
적었 썼 했
"""
KOREAN_VERBS_OF_SAYING = "|".join(_WORDS_OF_KOREAN_SAYING.split())
"""Alternatives of a regular expression: stems of Korean verbs that report speech (said, asked, answered, shouted)."""
