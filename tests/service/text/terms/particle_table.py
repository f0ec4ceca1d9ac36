"""Written forms by how they end when a newsreader reads them in Korean, for the tests and benchmarks/terms.py.

Two tables: the rules were written with the first in view; the second was written with them unseen and only measured.
"""

import re


def _forms(table: str) -> list[str]:
    return [form for form in re.split(r"\s*\n\s*|\s*;\s*", table) if form]


OPEN = _forms("""
MP3; km; GB; 12㎡; 30㎥
네이버; 카카오; 현대차; 기아; 대한민국 정부; 북한 외무성 관계자; 서울시; 부산시; 제주도; 경기도; 삼성전자; 포스코
도쿄; 오사카; 뉴스; 회의; 노조; 검사; 총리; 장관 후보; 이재호; 박지우; 존슨 씨; 바이든 여사; 러시아; 우크라이나
이스라엘 총리; 유로; 달러; 2; 4; 5; 9; 12; 25; 49; 1995; 2024; 3.5; 0.2; 10.9; 1,234; 7,005; 1조; 2조
1,000,000,000,000; 119; F-22; 6·25; 12·12; FBI; CIA; NSC; EU; G7 국가; BTS; WHO; IAEA; KBS; MBC; SBS; KT; SK; CJ; HD
AI; IT; TV; PC; GDP; CPI; IPO; ETF; ESG; AP; AFP; BBC; NHK; NATO; NASA; UNESCO; UNICEF; FIFA; FTA; CEO; CFO; PD; UAE
USA; MOU; KAIST; POSCO; KOSPI; OTT; LTE; 5G; HBO; Tesla; Nvidia; Toyota; Sony; Facebook Live; Netflix; Twitter; Uber
Starbucks; Disney; Nike; Meta; Microsoft; YouTube; TSMC; Huawei; Alibaba; IKEA; Zara; Reuters; Bloomberg; Forbes
Nature; Science; Science Advances; The Guardian Nature; New York Times; Ford; Walmart; Goldman Sachs; Renault
Peugeot; Porsche; Airbus; League; Blue; Moore; Note; Duke; Skype; Adobe; X; Musk; Bank; iPad; 3%; 50%; 1.5%p; 5km
30㎞; 100m; 20cm; 3㎢; 12℃; 36.5°C; 40W; 15GB; 60Hz; 5GHz; 300kcal; $100; $3.5; 100$; €50; 20L; 80㏊; 10mph
김지수(金智秀); 나토(NATO); 유엔 안보리(UNSC); 이재호(45); 네이버(NAVER); 삼성전자(005930); 포스코(옛 포항제철)
‘기생충 2’; “네이버”; ‘타다’; 「도쿄」; 『토지』; '카카오'; "현대차"; 美; 與; 野; 金씨; さくら; トヨタ; α; β
é clair café; 제3차; 2분기; 3위; 2대; 한·미; 코로나19 환자; 코로나; 오후 2시; 10세; 3개; 1000개; 5시 30초; 24시; A
B; C; Z; Plan B; H; 비타민 C
""")
RIEUL = _forms("""
구글; 애플; 서울; 브라질; 이스라엘; 포르투갈; 네팔; 몽골; 모빌; 미셸; 오라클; 시애틀; 인텔; 노벨; 유럽의 물; 경찰
검찰; 대법원 판결; 월; 1월; 12월; 오늘; 내일; 매출; 1일; 김한길; 박경철; 이철; 윤석열; 윤석열(62); 오리올; 쌀; 술
철; 하늘; 건설; 개설; 반발; 1; 7; 8; 21; 37; 108; 2001; 2018; 1997; 2007; 3.7; 0.1; 5.8; 1,001; 3·1; 4·27; 9·11; G8
B-1; 코로나 변이 8; MH17; LPL; XML; URL; SSL; AFL; NFL; HTML; ASML; DSL; MLS 토털; Google; Apple; Intel; PayPal
Dell; Shell; Oracle; Chanel; Seattle; Nobel; Brazil; Seoul; GOOGLE.COM Seoul; Mobil; Pixel; Michael; Daniel; Cable
Doodle; Kindle; Rachel; L; R; KIA R; USSR; UNHCR; PCR; VR; AR; HR; PR; QR; IR; 구글(Google); 서울(Seoul); 김철(金哲)
이스라엘(Israel); “서울”; ‘미나리의 달’; 「서울」; 오라클(ORCL); 50dB; 10mi; 日; 佛
""")
CLOSED = _forms("""
kg; Ω; 5Ω
한국; 미국; 중국; 일본; 북한; 삼성; 현대자동차그룹; 엘지전자 사장; 한국은행; 국회의원; 대통령; 청와대 대변인; 손흥민
김정은; 문재인; 시진핑; 푸틴; 바이든; 존슨; 트럼프 대통령; 국민의힘; 민주당; 정의당; 부산; 대전; 광주광역시청; 법원
공항; 항만; 병원; 회담; 0; 3; 6; 10; 13; 16; 20; 30; 100; 300; 1000; 2000; 2010; 2020; 10,000; 100,000; 50,000,000
100,000,000; 0.3; 2.6; 5.0; 1,500; 10만; 5억; 3천; 1만2천; 100억; 1936; K-30; U-20; G20; F-16; SSN-23; 4·3; 4·16
8·15 광복절 행진; KF-X 3; 아이폰 13; 112 신고 건; 코로나 2020; LG 그룹; GM; IBM; SM; ATM; CCTV 영상; KDN; CNN; YTN
ESPN; UN; ASEAN; OPEC; APEC; USIM; BMW 5시리즈 차종; LNG 선; FM; CRM; ISBN; AMN; Amazon; Samsung; Facebook; Boeing
Airbnb 숙박; TikTok; WhatsApp; Verizon; Canon; Nissan; Volkswagen; Macron; Putin; Instagram; Telegram; Chrome
Ukraine; Zoom; Steam; iPhone; Line; Stream; BlackRock; Slack; WeChat; Snapchat; Internet; Robot; Scott; Marriott
Europe; New York; Olympic; Pacific; Panasonic; Mac; Titanic; Arctic; Michelin; Berlin; London; Boston
Samsung Electronics Korean; Group; Startup; Brexit 국민; 5kg; 30g; 200mg; 10t; 3만t; 50㎏; 15ppm; ¥500; ₩1,000
100엔; 2만원; 500원; 30명; 3건; 1,200명; 20년; 10분; 3번; 40평; 5단; 김정은(金正恩); 한국(韓國); 손흥민(토트넘)
국제원자력기구 사무총장(IAEA); ‘기생충’; “대통령”; 「한국」; 『광장』; '삼성'; "한국은행"; 金; 北; 中; 韓; 英; 尹
文; 檢; 朴; ジャパン; ほん; M; N; V-리그 구단; 제1당; 3등; 4강; 8강; 한·중; 비타민
""")

HELD_OUT_OPEN = _forms("""
쿠팡이츠; 한화; 두나무; 이마트; 롯데; 셀트리온제약 주주; 대만 정부; 프랑스; 독일 총리; 캐나다; 베트남 하노이
필리핀 마닐라; 이란 테헤란 시내 도로; 여야; 의사; 교사; 소비자; 유권자; 원유; 반도체; 배터리; 2차전지 소재; 김민지
최서우; 한동수; 오바마; 젤렌스키; 기시다; 이시바; 해리스; 2022; 2025; 1994; 1999; 15; 42; 14; 35; 99; 4.5; 7.2; 99.9
1,204; 12,345; 82년생 김지영 2; 3조; 114; KF-94; 5·4; Su-35; 갤럭시 S9; A4; DMZ; JTBC; EBS; KDI; OECD; IMF 총재 대리
IS; LH; GS; DB; HMM 주주; FOMC; ECB; SEC; DNA; mRNA; HIV; SNS; KTX; SRT; GTX; MVP; LA; DC; NGO; WTO; WBC; Toshiba
Honda; Kia; Lufthansa; Visa; Oxford; Cambridge; Tesla Model Y; Spotify; Wikipedia; Harvard; Stanford; Yahoo; eBay
Pfizer; Moderna; AstraZeneca; Ferrari; Mercedes; Adidas; Gucci; Prada; Hermes; Lego; Nokia; Philips; Siemens
Rolls-Royce; Barclays; Deloitte; Coinbase; Space; 2.5%; 30%; 120km; 5,000m; 3mm; 90㎡; 25도; 100MW; 3GW; 128GB; 240V
$1,000; €1.5; 2.5L; 10ha; 5인치; 3피트; 1세; 4기; 15대; 2개; 3호; 1,000가구; 세계보건기구(WHO); 신시내티(미국)
고(故) 이건희; 아이유(이지은); 기시다 후미오(岸田文雄) 전 총리; ‘오징어 게임 2’; “카카오”; 『삼국지』; (주)한화; 李
趙
""")
HELD_OUT_RIEUL = _forms("""
쿠웨이트 왕실; 빌; 마이클; 샤넬; 노보텔; 신라호텔; 이마트몰; 겨울; 가을; 길; 말; 물; 글; 수출 물량 조절; 배달
서비스 개발; 양궁 메달; 파리 생제르맹 골; 11; 17; 28; 31; 48; 2011; 2021; 1988; 1.1; 2.8; 10.7; 1,008; 5·18; 10·7
Tu-168; 787; 737 MAX 8; SM-2 1; 제7; AIDS VL; PSR; NPR; SAR; ICBM R; FL; NHL; SQL; Excel; Gmail; Hotmail; Vercel
Hyatt Hotel; Nestle Model; Bible; Google Mobile; Bristol; Liverpool; Capitol; Abel; 마이클(Michael); 노벨(Nobel)
샤넬(CHANEL); “오늘”; ‘봄날의 길’; 60dB; 美·日; 이스라엘(IL)
""")
HELD_OUT_CLOSED = _forms("""
쿠팡; 토스뱅크 은행장; 넥슨; 셀트리온; 대한항공; 신한금융; 대만; 이란; 베트남; 덴마크 왕국; 태국; 몽골 대통령
국방부 장관; 합참의장; 국정원; 감사원; 의원; 시민; 직원; 선생님; 금융권; 시장; 주식; 김민준; 이강인; 박찬욱
봉준호 감독; 네타냐후 정권; 빈 살만; 모디 인도 정상; 2023; 2026; 1990; 1980; 23; 40; 50; 60; 70; 80; 90; 200; 1,000
3,000; 25,000; 1,000,000; 3.0; 1.3; 4.6; 0.06; 36; 1만; 7천; 20만; 4,500만; 8,000억; B-2 폭격 33; K-9 자주포 10
FA-50; E-3; G6; 갤럭시 S23; 5·16; 10·26; 12·3; MRI 검진; TBN; CBN; VPN; LAN; NASDAQ; KOSDAQ; IRENA 회원; ROM; SAM
ICBM; SLBM; THAAD 기반; LPGA 여왕; NXM; DRAM; EXIM; BTN; Amazon Prime Streaming; Pentagon; Vatican; Washington
Dublin; Stockholm; Hong Kong; Beijing; Washington Post 기관; Nintendo 게임; Vodafone; Kaspersky Antivirus 프로그램
Qualcomm; Ericsson; Lenovo 노트북; Notebook; Reddit; Robot Vacuum; Bitcoin; Ethereum; Dogecoin; Binance Coin
LinkedIn; 60kg; 500g; 3,000t; 20mg; ￦5,000; 10만원; 3천만엔; 250명; 12건; 30분; 2년; 6번; 3층; 100점; 1인; 4살 소년
5권; 두 명; 10곳; 3척; 5량; 12발 총탄; 손흥민(33·LAFC); 문재인(文在寅); 시진핑(習近平); 국제통화기금(IMF)
한국은행(한은); “민주당”; ‘미나리’ 감독; 『채식주의자』 작품; 《한강》; '한국'; 洪; 安; 黃; 軍; 黨
""")
