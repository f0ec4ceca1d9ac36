"""Hard cases of sentence ends: "‖" (DOUBLE VERTICAL LINE) stands where one sentence ends and the next begins.

Every third case was held out while the splitter was written.
"""

ENGLISH = """
The U.S. President spoke on Monday. ‖Nobody listened.
Talks with the U.S. ‖The two sides met again on Tuesday.
The ferry left at 9 a.m. ‖The mayor missed it.
It opens at 9 a.m. on Fridays. ‖It closes at 5.30pm. ‖Entry is free.
She lives at No. 10 Downing Street. ‖He does not.
Asked about it, she said yes. ‖10 people were hurt.
The body was found near St. Mary's church. ‖Police are asking for witnesses.
Mr. and Mrs. J. K. Hallam moved in on Jan. 5. ‖They left in Feb. 2019.
Ada Lind, Ph.D., runs the clinic. ‖She is 41.
Take fruit, e.g. Bramley apples, and cook it. ‖Then wait.
It was Leeds vs. York at the park. ‖York won 2-1. ‖Fans sang.
Nordvale Inc. said profits rose 6.25 per cent. ‖Shares fell 3.5%.
He works for Nordvale Inc. ‖She works for the council.
Gov. Smith met Sen. Jane Poole and Rep. Ali Khan (D-Calif.) on Friday. ‖They agreed.
"Stop!" he said. ‖Nobody did.
“Are you sure?” she asked. ‖“Yes.” ‖He nodded.
“We saw it. It was huge,” she said. ‖“Then it was gone.”
“I’m leaving!” shouted Mr. Poole. ‖He slammed the door.
“Is it over?” Hallam asked. ‖It was.
He told the court: “I did not do it. I was at home.” ‖The jury did not believe him.
“He told me ‘Run! Now!’ and I ran,” she said. ‖It saved her.
The harbour (which closed in 2014. It was unsafe.) is open again. ‖Boats are back.
It was late. ‖(Nobody had told the crew.) ‖They waited.
WESTMERE (AP) — The harbour reopened on Monday. ‖Ferries are running.
LONDON, Jan. 5 (Reuters) - Oil rose 2.1% to $61.20 a barrel. ‖Gold fell.
Wait... what? ‖Yes!
He paused … and then spoke. ‖It was over.
“I don't know...” ‖He looked away. ‖“Maybe.”
What?! ‖No way!! ‖Really?
Visit www.example.com/a.b?c=d. for more. ‖Or write to press@example.com. ‖Thanks.
The firm, Yahoo! Inc., declined to comment. ‖So did Google.
Shares in Yahoo! rose 4%. ‖The market fell.
The film “Who's Afraid?” opens on Friday. ‖Tickets cost $9.50.
It rose from 1.5 to 2.5. ‖That is a lot.
The 6 ft. 2 in. striker scored. ‖He was delighted.
Version 2.0 of the app is out. ‖iPhone owners can get it now.
‘It is open,’ she said. ‖‘It’s about time.’
The report, published by the U.N. on Tuesday, runs to 300 pp. and lists 12 cases. ‖Three are new.
Dr. Lee, the Rev. Amos Bell and Lt. Col. Ray Ortiz spoke. ‖Prof. Imai did not.
Results:\\n\\n‖Drone: 19\\n\\n‖Swallow: 12
He was born on Dec. 12, 1950, in Washington, D.C. ‖His father was a teacher.
He was born in Washington, D.C., in 1950. ‖She was not.
1. Wash the rice. ‖2. Boil it. ‖3. Eat.
It ended 2-1. ‖“We were lucky,” said coach Ann Roe. ‖“They hit the bar twice.”
She asked: “Why now?” ‖There was no answer.
The boat sank. 🚢 ‖All 12 people on board were saved!
The storm hit at 11:30 p.m. Tuesday, officials said. ‖It moved on by 4 a.m. ‖Rain is expected.
A man, 41, was held. ‖“He is calm”, police said. ‖He will appear in court.
The deal is worth €2.2bn. ‖Nordvale Corp. shares jumped 8% in N.Y. trading. ‖Others fell.
“No.” ‖That was all she said when asked about the U.S.-led talks.
The case, Hallam v. Poole, began in Sept. 2018. ‖It goes on.
Mayor Will I. Amos won. ‖I. M. Poole came second. ‖So did I. ‖Nobody cared.
“The court,” he said, “is wrong.” ‖He will appeal.
They sell apples, pears, etc. ‖The shop is shut on Sundays.
“What a day!” said Ann Roe, 41, of St. Ives. ‖“We won.” ‖She wept.
The minister said: "We will act." ‖The official said nothing else.
They hope for growth of 0.5 percent vs. 0.3 percent. ‖Analysts doubt it.
He said "maybe." ‖She said "no." ‖They left.
Why did the U.K. leave? ‖Because it could.
“It's done,” he said … “for now.” ‖She paid Rs. 500. ‖He paid $5.
The bank's chief economist, A.B. Lind, said: “Rates are too low.” ‖Mr Lind, 50, has said so before.
"""

KOREAN = """
항구가 다시 열렸다. ‖여객선은 정오에 떠났다.
그는 “바람이 셌다.” 고 말했다. ‖복구에는 사흘이 걸렸다.
그는 “바람이 셌다. 파도도 높았다.”고 말했다. ‖비가 왔다.
“바람이 셌다. 파도도 높았다”라며 그는 웃었다. ‖비가 왔다.
"우리는 이겼다."라고 감독이 말했다. ‖관중이 환호했다.
"정말 안전한가?"라는 질문에 그는 답하지 않았다. ‖회의는 끝났다.
“비가 온다.” 그가 말했다. ‖모두 집에 갔다.
“안전합니까?” 기자가 물었다. ‖답은 없었다.
2019. 8. 22. 문을 열었다. ‖물가는 3.5% 올랐다.
7·4 공동성명이 나왔다. ‖9·19 합의도 있다.
(서울=연합뉴스) 김하늘 기자 = 정부가 대책을 내놨다. ‖야당은 반발했다.
▲ 김하늘 씨 별세 ▲ 이바다 씨 부친상. ‖발인은 5일이다.
기상청은 '강한 비가 온다. 조심하라'고 당부했다. ‖비는 밤에 그쳤다.
그는 “‘그만하라. 끝났다’는 말을 들었다”고 했다. ‖사실이 아니었다.
안전했을까? ‖아무도 모른다! ‖정말?!
그는 망설였다…. ‖그리고 떠났다.
‘과연… 누가 이길까’ 하는 질문이 남았다. ‖답은 내년에 나온다.
A.B. 콜린스 씨가 왔다. ‖U.S. 스틸 주가가 올랐다.
기온은 9.1도였다. ‖지진 규모는 5.8이었다. ‖피해는 없다.
자세한 내용은 www.example.com 을 보면 된다. ‖문의는 press@example.com 으로 하면 된다.
1. 쌀을 씻는다. ‖2. 밥을 한다. ‖3. 먹는다.
정부는 1일(현지시간. 한국시간 2일) 회의를 열었다. ‖결론은 없었다.
"그렇다." ‖"아니다." ‖두 사람은 다퉜다.
그는 말했다. ‖“우리는 간다. 늦었다.” ‖그리고 문을 닫았다.
삼성전자는 7일 3.2% 오른 5만1천원에 마감했다. ‖코스피는 2,100.15로 떨어졌다.
『바다의 날. 그 후』라는 책이 나왔다. ‖값은 1만2천원이다.
“가자!” 그가 외쳤다. ‖모두 따라갔다.
"좋습니다." ‖그는 이렇게 말하고 웃었다. ‖회의는 끝났다.
이재용 부회장(51)이 왔다. ‖그는 “감사합니다.”하고 인사했다. ‖박수가 나왔다.
결과는 2-1. ‖팬들은 환호했다.
경찰은 “조사 중이다. 결과는 곧 나온다.”며 말을 아꼈다. ‖유족은 울었다.
[앵커] 비가 그쳤습니다. ‖김하늘 기자가 전합니다.
정부안은 ▲세금 인하 ▲보조금 확대 등이다. ‖야당은 반대했다.
No. 1 선수가 졌다. ‖한국 vs. 일본 경기는 내일이다.
“누가 이길까요?”라고 묻자 “모릅니다.”라는 답이 왔다. ‖경기는 내일이다.
김 씨는 1950. 12. 3. 서울에서 태어났다. ‖그는 화가였다.
정부는 '9.13 대책'을 내놨다. ‖효과는 없었다.
서울시는 22일 밝혔다.\\n\\n‖끝
“정부가 책임져야 한다.” ‖김 의원은 22일 기자들과 만나 이렇게 말했다. ‖여당은 침묵했다.
KTX는 오후 5시 30분에 떠난다. ‖Who knows? ‖아무도 모른다. 🚄 ‖비가 온다.
그는 "끝났다"고 했다.‖그녀는 울었다.
연봉은 얼마나 될까. ‖전문가들은 ‘5천만 원. 그 이상’이라고 본다. ‖더 될 수도 있다.
"""

JAPANESE = """
港が再開した。‖船は正午に出た。
市長は「風が強かった。波も高かった。」と述べた。‖復旧に3日かかった。
「本当に安全か？」と住民は尋ねた。‖答えはなかった。
開いた！‖全員（約300人。皆地元）が喜んだ。
「行こう。」‖彼は立ち上がった。
「行こう」。‖彼は立ち上がった。
「まだ早い。」‖「いや、遅い。」‖二人は争った。
彼は『海の日。その後』を書いた。‖値段は1200円だ。
「『もう終わりだ。帰れ』と言われた。」と彼は話した。‖事実ではない。
終わった（写真は5日。共同）。‖次は来年だ。
何だって！？　‖誰も答えなかった。
本当か？　‖彼は黙った。
なぜ今なのか？と記者は聞いた。‖首相は答えなかった。
彼は黙った……。‖そして去った。
そして…彼は去った。‖雨が降った。
モーニング娘。が歌った。‖客は喜んだ。
値上げ率は3.5％だった。‖震度は5.8。‖被害はない。
Yahoo! JAPANが発表した。‖株価は上がった。
詳しくはwww.example.comへ。‖問い合わせはpress@example.comまで。
【ソウル共同】韓国政府は5日、声明を出した。‖日本は反発した。
【ソウル＝山田太郎】政府は5日、声明を出した。‖会談は7日。
見出し\\n\\n‖本文が始まる。‖次の文だ。
会見で「責任を取る。辞める。」などと話した。‖後任は未定だ。
「責任を取る。」とだけ話した。‖後任は未定だ。
「あすは晴れる。」との予報が出た。‖実際は雨だった。
これは安い!‖みんな買った。
これは安い! ‖みんな買った? ‖知らない.
（1）米を洗う。‖（2）炊く。‖（3）食べる。
①米を洗う。‖②炊く。
国連（本部ニューヨーク。加盟193カ国）は声明を出した。‖英国は棄権した。
彼女は「はい！」と答えた。‖拍手が起きた。
「すごい！！」‖観客が叫んだ。
J.K.ローリング氏が来た。‖U.S.スチールの株が上がった。
だが、どうするのか――。‖答えは出ていない。
ＡＢＣ社は２．５％増と発表した。‖利益は１．２億円。
「勝った！」。‖監督は叫んだ。‖選手は泣いた。
「終わりです」（広報）。‖理由は言わなかった。
新作は「君の名は。」だ。‖公開は8月。
「君の名は。」の監督が語る。‖公開は8月。
地震があった。🌏‖津波の心配はない。
「安全第一。これが全て。」。‖社長は語った。
「どこへ行くの？」‖少年は笑った。
彼女は「行く。」「帰る。」と繰り返した。‖誰も止めなかった。
Ｑ．いつですか。‖Ａ．明日です。
"""

LATER = (
    ("en", "Bravo! ‖Fans sang."),
    ("en", "Thank you.🚢 ‖Fans sang."),
    ("en", "It opened.[1] ‖It closed."),
    ("en", "He left. ‖“iPhone sales fell,” she said."),
    ("en", "“It is open.” ‖Hallam said so later."),
    ("en", "“Is it over?” ‖Fans sang."),
    ("en", "It ended in 2019. ‖12 people came."),
    ("en", "So did I. ‖Fans cheered."),
    ("en", "I. Amos won. ‖He sang."),
    ("en", "It opens at 9 a.m. KST. ‖Entry is free."),
    ("en", "He paused … “please” he said. ‖She left."),
    ("en", "He stopped... ‖“I am here.” ‖She left."),
    ("en", "He said (it rained.\n\n‖It was late. ‖Nobody came.) ‖She left."),
    ("en", "'Who won? The Reds' was the headline. ‖It sold well."),
    ("ja", "彼は「行く。」「帰る。」と繰り返した。‖雨だった。"),  # "I go." "I return," he repeated. It rained.
    ("ja", "Dream!Worldが開業した。‖雨だった。"),  # Dream!World opened. It rained.
    ("ja", "港が再開した.‖船は正午に出た."),  # The harbour reopened. The ferry left at noon.
    ("ja", "すごい!‖港が開いた。"),  # Great! The harbour is open.
    ("ja", "１．５倍になった。‖雨だった。"),  # It is 1.5 times as much. It rained.
    ("ko", "항구가 열렸다.‖그는 떠났다."),  # The harbour opened. He left.
)
"""What no other case decides."""
