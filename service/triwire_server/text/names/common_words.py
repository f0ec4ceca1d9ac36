"""Words of English that are written with a capital and are no names: at the start of a sentence, and anywhere."""

_CAPITALIZED = """
I I'm I've I'll I'd I’m I’ve I’ll I’d OK TV AM PM BST GMT EST CEO CFO MP MPs PhD A-level A-levels Covid Covid-19
Internet Web Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun Mondays Sundays
Saturdays Fridays January February March April May June July August September October November December Jan Feb Mar
Apr Jun Jul Aug Sep Sept Oct Nov Dec Christmas Easter Mr Mrs Ms Dr Prof Sir Lord Lady Dame Sen Rep Gov Gen Lt Col
Capt Sgt Rev St Jr Sr President Vice Prime Minister Premier Chancellor Secretary State Foreign Finance Defence
Defense Health Home Interior Governor Mayor Senator Congressman Congresswoman Representative Ambassador King Queen
Prince Princess Emperor Pope Chief Executive Officer Chairman Chairwoman Director General Professor Doctor Judge
Justice Captain Colonel Major Government Parliament Congress Senate House Cabinet Council Court Supreme High
Ministry Department Office Agency Commission Committee Party Union Association Federation University College School
Hospital Police Army Navy Air Force Church North South East West Northern Southern Eastern Western Central City Town
County Province Prefecture District Region Island Islands River Lake Mount Mountain Bay Sea Ocean Street Road Avenue
Square Park Airport Station Bridge Harbour Harbor Port Company Corporation Group Bank Inc Ltd Corp Co Plc World Cup
League Olympics Olympic Games Final Earth Sun Moon God Internet Act Bill Law Treaty Article Chapter Section Room
Building Tower Centre Center Museum Hotel
"""
COMMON_CAPITALIZED = frozenset(_CAPITALIZED.split())
"""Titles, days, months and the common parts of the names of places and bodies: as written, with their capital."""

_STARTS = """
a about above according across after afterwards again against ahead all almost alone along already also although
always am amid among an and another any anybody anyone anything apart are around as ask at away back be because
become been before behind below beneath beside besides best better between beyond big both bring but buy by can
cannot call calls come could day days dead deep despite did do does don't down due during each earlier early either
else elsewhere end enough even ever every everybody everyone everything everywhere except far few fewer final
finally find fine first five flat follow for former forty four free from full further get give given go good got
great had half hard has have he he's heavy help hence her here here's hers herself high him himself his hope how
however hundred hundreds i if in indeed inside instead into is isn't it it's its itself join just keep last late
later latest least less let let's like likewise little live long look lost low lower made main make many may maybe
me meantime meanwhile might mine money more moreover most mostly much must my myself near nearly neither never
nevertheless new news next nine no nobody none nonetheless nor not nothing now nowhere of off often old on once one
ones only open or other others otherwise our ours out outside over own part past people per perhaps please plus poor
prior put quite rather real recent right rising run said same save say second see seven several shall she she's
short should show similarly since six small so soon some somebody someone something sometimes somewhere still stop
strong such suddenly sure take ten than thanks that that's the their theirs them themselves then there there's
therefore these they they're they've think third this those though thousand thousands three through throughout thus
till time times to today together tomorrow tonight too top toward towards tropical true try twelve twenty twice two
under unless unlike until up upon us use usually very via vital want was watch we we're we've week weeks well were
what what's whatever when whenever where whereas wherever whether which while white who who's whoever whole whom
whose why wide will with within without women work worse worst would year years yes yesterday yet you you're young
your yours yourself zero talks rain snow wind storm fire floods flood crime trade oil gas gold food water power
prices price sales profit profits shares stocks exports imports inflation growth wages tax taxes rates interest
demand output debt unemployment police government parliament council court city town state village school hospital
church army navy ministry media opposition fans children parents men women students staff voters families victims
survivors patients neighbours neighbors wife husband mother father son daughter brother sister man woman boy girl
anger fear fears hopes concern concerns calls plans tensions traffic repair repairs work construction damage cost
costs tourism tourists travel train trains bus buses ferry ferries ship ships boat boats plane planes car cars road
roads bridge wall harbour harbor port roof street shop shops house houses home homes land sea lake river island
weather summer winter spring autumn morning afternoon evening night noon midnight sunday's local national
international global public private political economic social military nuclear foreign domestic central regional
federal royal western eastern northern southern senior junior top leading chief deputy acting ex officials' climate
energy science research medical data figures results evidence experts' analysis search rescue emergency security
peace war fighting attack attacks strike strikes protest protests election elections vote voting poll polls campaign
law laws bill deal agreement contract talks meeting summit visit technology tech industry business businesses market
markets bank banks firm firms company companies workers' union unions football cricket tennis rugby baseball team
teams club clubs coach captain player players match game games race title cup music film films book books art show
album song star stars author actor actress singer director museum black red blue green yellow dark light hot cold
warm dry wet heavy fresh huge giant tiny major minor key crucial critical close clear wrong bad sad happy angry
lucky proud ready able unable likely unlikely possible impossible elderly disabled homeless rich wealthy poor
middle-class working-class roughly approximately exactly barely hardly merely simply surely truly overnight abroad
overseas upstairs downstairs indoors outdoors gone left told asked seen known born based built held killed hurt
found taken written driven forced human animal animals dog dogs cat cats bird birds fish tree trees forest farm
farms crop crops rice wheat health care drug drugs cancer vaccine vaccines virus disease diseases flu hospital
hospitals doctor nurse drought heat heatwave earthquake tsunami typhoon hurricane tornado landslide volcano smoke
ash visa visas passport border borders customs migration asylum prison jail trial verdict sentence
"""
COMMON_STARTS = frozenset(_STARTS.split())
"""Words, in small letters, that begin sentences of news and are no names."""

_PLURALS = """
officials police ministers residents critics scientists researchers experts analysts campaigners activists doctors
nurses teachers lawyers prosecutors investigators detectives firefighters paramedics rescuers soldiers troops rebels
militants lawmakers politicians senators councillors judges jurors leaders executives investors traders economists
workers employees employers staff farmers fishermen fishers sailors passengers crew pilots drivers commuters
cyclists pedestrians tourists visitors guests fans supporters opponents protesters demonstrators witnesses survivors
victims relatives neighbours neighbors friends families parents children pupils students voters candidates
conservatives liberals democrats republicans socialists nationalists migrants refugees immigrants citizens locals
islanders villagers customers shoppers buyers sellers owners tenants landlords builders engineers developers
designers artists musicians actors directors writers authors journalists reporters editors broadcasters players
coaches managers referees athletes swimmers runners engineers authorities regulators agencies ministries councils
governments banks companies firms schools hospitals universities unions airlines sources reports documents records
emails photos pictures images videos diplomats envoys delegates negotiators observers monitors historians
archaeologists astronomers biologists chemists physicists meteorologists forecasters engineers volunteers
"""
PLURALS_OF_PEOPLE = frozenset(_PLURALS.split())
"""Plurals that begin a sentence and do what people do: "Officials said"."""

_SINGULAR = """
is was has does says tells wants plans vows calls denies hopes expects warns wins loses beats faces seeks urges
rejects accuses claims admits agrees announces asks backs becomes begins blames buys cuts defends demands ends
enters fears gets gives goes holds joins keeps launches leads leaves makes meets needs offers opens orders pays
pledges promises pulls puts quits raises recalls remains reports resigns returns rules runs sees sells sends sets
signs stands starts takes thinks tries visits warns works
"""
SINGULAR_VERBS = frozenset(_SINGULAR.split())
"""Verbs that follow the name of one person or body."""

_VERBS = """
said told will would had can could may might must should did also then later who whose fell rose won lost beat made
took gave met went came left saw sent hit led kept held put set ran became began got grew knew paid sold spoke spent
stood thought wrote bought built brought drew drove felt flew found fought heard hid laid let meant read rode sat
sang shot shut slept slid swam taught threw understood wore are were have do
"""
OTHER_VERBS = frozenset(_VERBS.split())
"""Verbs and the like that follow a name and plurals alike."""
