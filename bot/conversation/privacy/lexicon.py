"""The word lists that tell a name from a word: first names, everyday words, and what is never a person's name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS = _words(
    """a about after again ah all also am an and any anyone are as ask at back be because been but by can can't
    cannot could did do does doing don't dont for from get getting going got had has have having hello help her
    here hey hi his how i i'd i'll i'm i've if im in is isn't it its it's just let like me more my need never no
    not now of off ok okay on or our out please really right scared she so some someone something sorry still
    sure that that's thats the their them then there they this to too trying u ur until up very was we were what
    whats what's when where which who why will with would yes yet you your y tengo soy estoy con una un el la
    los las que como cuando donde tambien quiero mi vivo nací pero porque por para und ich bin habe hab mit eine
    ein der die das was wie wann wo aber weil wohne mein meine geboren komme möchte et je j'ai jai suis avec une
    le les qui comment quand mais parce ma mon née né habite c'est est sono e ho con che come il mia mio ma
    tenho sou estou com meu minha quero en ik heb ben met een het mijn maar born dob age aged years old email
    phone number nhs lupus"""
)
"""Words that end a name however they are spelt; English, Spanish, German, French, Italian, Portuguese, Dutch."""

NEVER_NAMES = _words(
    """sle lupus car car-t cart crs icans licats nephritis hodgkin hodgkins lymphoma leukaemia leukemia myeloma
    cancer covid covid-19 raynaud raynauds sjögren sjogren sjögrens sjogrens crohn crohns hashimoto hashimotos
    graves addison addisons cushing cushings kikuchi libman alzheimer alzheimers parkinson parkinsons down downs
    marfan behcet behçet still wegener yescarta kymriah breyanzi tecartus abecma carvykti aucatzyl nexcar
    nexcar19 zevor-cel cabaletta rese-cel breakfree breakfree-1 benlysta saphnelo lupkynis gazyva rituxan
    mabthera plaquenil cellcept imuran cytoxan prednisone prednisolone pred prograf hydroxychloroquine
    mycophenolate azathioprine belimumab anifrolumab rituximab obinutuzumab voclosporin tacrolimus tocilizumab
    cyclophosphamide fludarabine methotrexate actemra kineret anakinra keppra shingrix paracetamol tylenol
    ibuprofen aspirin zostavax naprosyn sandimmun ana anca crp esr egfr ige igg igm ivig fda ema nice nhs nih
    acr eular sledai doris lldas mri ct ecg icu hiv hpv american asian african european british english scottish
    welsh irish german french spanish italian dutch polish turkish indian pakistani bangladeshi chinese japanese
    korean mexican canadian australian brazilian portuguese nigerian ghanaian kenyan arab jewish muslim
    christian catholic hindu sikh buddhist black white latina latino hispanic caucasian russian ukrainian
    romanian greek swedish norwegian danish finnish swiss austrian belgian israeli iranian egyptian filipino
    vietnamese thai caribbean jamaican london leeds paris berlin munich erlangen madrid rome dublin boston
    seattle houston chicago toronto vancouver sydney melbourne mumbai delhi beijing shanghai wuhan tokyo seoul
    texas ohio california florida york england scotland wales ireland britain germany france spain italy india
    china japan korea canada australia mexico brazil turkey israel usa uk us america europe monday tuesday
    wednesday thursday friday saturday sunday january february march april june july august september october
    november december christmas easter rh type stage class grade factor day week month children's childrens
    hospital clinic practitioner specialist coordinator reynolds-syndrome google chatgpt siri alexa"""
) - {"ana", "still", "down", "graves", "christian", "paris", "sydney", "april", "june", "august"}
"""Drugs, studies, diseases, laboratory words, peoples and places: named in a question, they stay readable."""

CAPITAL_NAMES = _words(
    """mark will hope grace rose may june april august joy faith frank bill drew jack dean dawn eve heather holly
    iris ivy jean jewel king lily max miles norm olive page pat patience pearl penny ray rich robin ruby rusty
    sandy scarlet sky summer sunny victor violet young art angel autumn carter chase chance charity clay cliff
    coral crystal daisy dale daisy destiny don earl ed al ginger gene guy hazel hunter jade jasmine josh lance
    laurel melody mercy mason parker tanner taylor tiny trinity ward willow winter guadalupe christian paris
    sydney ana graves precious noble reed rod russell van sterling stone wade joseph mary ann ada"""
)
"""Names that are also everyday words: taken for names only when they begin with a capital letter."""

LOWER_NAMES = _words(
    """mark grace rose frank drew jack heather holly ivy jean lily max ray robin ruby sandy victor violet josh jade
    jasmine parker taylor russell joseph mary ann ada christian pat hazel daisy laurel paris sydney"""
)
"""Those that are also taken in lower case where the thought ends behind them ("im mark, what is")."""

PARTICLES = _words(
    "de da do dos das del della di van von der den ten ter la le al el bin binti ibn ben abu mac mc st o ap"
)
"""Small words inside a surname; they count only when a name follows."""


@lru_cache(maxsize=1)
def first_names() -> frozenset[str]:
    """Return the first names that are names even in lower case, case-folded."""
    return _read("first_names.txt") - NEVER_NAMES - FUNCTION_WORDS


@lru_cache(maxsize=1)
def everyday_words() -> frozenset[str]:
    """Return the words that are no surnames in lower case, case-folded."""
    return _read("everyday_words.txt")


def _read(name: str) -> frozenset[str]:
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
