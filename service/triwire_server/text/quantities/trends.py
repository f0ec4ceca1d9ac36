"""Does a share rise in one text and fall in the other? Only where each text speaks of one direction alone."""

import re

_RISES = {
    "en": re.compile(
        r"\b(?:rose|risen|rises?|rising|increas\w{1,5}|jump(?:ed|s)?|surg(?:ed?|es|ing)|climb(?:ed|s|ing)?|gain(?:ed|s)?|"
        r"grew|grown|grows?|soar\w{0,3}|higher|up(?! to\b))\b",
        re.IGNORECASE,
    ),
    "ko": re.compile("올랐|오른|오르|올라|상승|증가|늘어|늘었|급등|급증|뛰었|뛴|높아"),
    "ja": re.compile("上昇|増加|急増|増え|増の|増と|上がっ|上がり|上げ|伸び|値上がり|高の|高と|高で|急騰|高ま"),
}
_FALLS = {
    "en": re.compile(
        r"\b(?:fell|fallen|falls?|falling|drop(?:ped|s|ping)?|declin\w{1,4}|decreas\w{1,4}|slid|slipp?ed|slump\w{0,3}|"
        r"plung\w{1,4}|tumbl\w{1,4}|los[est]{1,2}|shr[aiu]nk\w{0,3}|lower|down|cut|reduc\w{1,4})\b",
        re.IGNORECASE,
    ),
    "ko": re.compile("내렸|내린|내리|내려|하락|감소|줄어|줄었|줄인|급락|급감|떨어|낮아|삭감|인하|축소"),
    "ja": re.compile(
        "下落|低下|減少|急減|減っ|減の|減と|減り|下がっ|下がり|下げ|落ち|値下がり|安の|安と|安で|急落|縮小|削減"
    ),
}


def trend(text: str, language: str) -> str:
    """What a text says of the way things went.

    Args:
        text: plain text.
        language: base tag: en, ko or ja.

    Returns:
        "up" or "down"; "" if it says neither or both.
    """
    rises = bool(_RISES[language].search(text))
    falls = bool(_FALLS[language].search(text))
    if rises == falls:
        return ""
    return "up" if rises else "down"
