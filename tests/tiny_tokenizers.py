"""Real tokenizers for tests, trained on invented news in three languages."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sentencepiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

TEXT = {
    "en": """The harbour council voted on Tuesday to reopen the northern pier after a winter of repairs.
Engineers said the concrete had been weakened by salt and by the storms of last January.
About 1,200 people signed a letter asking for the ferry to return before the summer holidays.
"We have waited long enough," said Mara Ellison, who runs a bakery near the old ticket office.
The work cost 3.4 million pounds, which is more than twice the first estimate.
A spokesman for the region declined to say when the second phase would begin.
Prices of fish at the market rose by 6 percent in May, the highest figure in eight years.
Schools on the island will close early on Friday because of the wind.
The minister promised to publish the report, but no date was given.
Volunteers planted four hundred trees along the river and in the park behind the museum.
Police are looking for a grey van that was seen leaving the warehouse at about 5.30pm.
The team won ten matches in a row and then lost the final in the last minute.""",
    "ko": """항만 위원회는 화요일 북쪽 부두를 다시 열기로 결정했다.
기술자들은 지난 1월 폭풍과 소금 때문에 콘크리트가 약해졌다고 설명했다.
주민 약 1,200명이 여름 휴가 전에 여객선을 다시 운항해 달라는 편지에 서명했다.
"우리는 충분히 기다렸다"고 옛 매표소 근처에서 빵집을 운영하는 박서윤 씨가 말했다.
공사비는 340만 파운드로 처음 예상의 두 배가 넘었다.
지역 대변인은 두 번째 단계가 언제 시작될지 밝히지 않았다.
시장의 생선 가격은 5월에 6% 올라 8년 만에 가장 높았다.
섬의 학교들은 바람 때문에 금요일에 일찍 문을 닫는다.
장관은 보고서를 공개하겠다고 약속했지만 날짜는 말하지 않았다.
자원봉사자들은 강가와 박물관 뒤 공원에 나무 400그루를 심었다.
경찰은 오후 5시 30분쯤 창고를 떠난 회색 승합차를 찾고 있다.
팀은 열 경기를 연달아 이겼지만 결승전에서 마지막 순간에 졌다.""",
    "ja": """港湾委員会は火曜日、北側の桟橋を再開することを決めた。
技術者は、昨年一月の嵐と塩の影響でコンクリートが弱くなったと説明した。
約1200人の住民が、夏休みの前にフェリーの再開を求める手紙に署名した。
「もう十分に待った」と、古い切符売り場の近くでパン屋を営む森川あかりさんは話した。
工事の費用は340万ポンドで、最初の見積もりの二倍を超えた。
地域の広報担当者は、第二段階がいつ始まるかを明らかにしなかった。
市場の魚の価格は五月に6％上がり、八年ぶりの高さとなった。
島の学校は強風のため金曜日に早く閉まる。
大臣は報告書を公表すると約束したが、日付は示さなかった。
ボランティアは川沿いと博物館の裏の公園に木を四百本植えた。
警察は午後五時半ごろに倉庫を出た灰色の車を探している。
チームは十試合続けて勝ったが、決勝の最後の瞬間に敗れた。""",
}
"""Training text of the tokenizers, written for the project: the same invented news in three languages, line by line."""

FOREIGN_LINES = (
    "Городской совет во вторник решил снова открыть северный причал после зимнего ремонта, сообщил совет.",
    "Инженеры сказали, что причал ослабили соль и зимние штормы, и что ремонт причала стоил дорого.",
    "قرر مجلس المدينة يوم الثلاثاء إعادة فتح الرصيف الشمالي بعد شتاء من الإصلاحات في الرصيف الشمالي.",
    "สภาเมืองลงมติเมื่อวันอังคารให้เปิดท่าเรือด้านเหนืออีกครั้งหลังการซ่อมแซมท่าเรือตลอดฤดูหนาว",
    "नगर परिषद ने मंगलवार को मरम्मत के बाद उत्तरी घाट को फिर से खोलने का निर्णय लिया, परिषद ने कहा।",
)
"""The first of the news again in Russian (twice), Arabic, Thai and Hindi: pieces that a trimmed vocabulary drops."""

LANGUAGES = ("en", "ko", "ja")

CONTROL_CHARACTERS = ":<>/_|ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
"""What names of control tokens are made of: with these as pieces, a text that holds such a name can be read."""


def all_lines() -> list[str]:
    """Every line of the training text."""
    return [line for text in TEXT.values() for line in text.splitlines()]


def train_sentencepiece(
    path: Path, *, vocab_size: int = 900, more: Sequence[str] = (), **options: Any
) -> sentencepiece.SentencePieceProcessor:
    """Train a sentencepiece model on the text and write it to a file.

    Args:
        path: the file, with the name that the family publishes it under.
        vocab_size: pieces, special ones included.
        more: lines to train on beside the text.
        options: further options of the trainer (model_type, ids of special pieces).
    """
    buffer = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*all_lines(), *more]),
        model_writer=buffer,
        vocab_size=vocab_size,
        hard_vocab_limit=False,
        character_coverage=1.0,
        required_chars=CONTROL_CHARACTERS,
        minloglevel=2,
        **options,
    )
    path.write_bytes(buffer.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=buffer.getvalue())


def train_byte_level_bpe(
    special: Sequence[str], *, more: Sequence[str] = (), normalizer: normalizers.Normalizer | None = None
) -> Tokenizer:
    """A byte-level BPE, as GPT-2 and BART have it.

    Args:
        special: tokens with the first ids.
        more: lines to train on beside the text.
        normalizer: of what is read.
    """
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=900 if more else 700,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*all_lines(), *more], trainer)
    return tokenizer
