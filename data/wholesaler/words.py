"""Words for invented books, and how each language writes prices and dates."""

from datetime import date
from decimal import Decimal

MONTHS = {
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "en": "January February March April May June July August September October November December",
}
MONTHS = {lang: names.split() for lang, names in MONTHS.items()}

CURRENCIES = {"da": "DKK", "sv": "SEK", "nb": "NOK", "en-GB": "GBP", "en-US": "EUR"}
ISBN_GROUPS = {"da": "87", "sv": "91", "nb": "82", "en-GB": "1", "en-US": "0"}

CATEGORIES = {
    "krimi": "Krimi",
    "romaner": "Romaner",
    "digte": "Digte",
    "boern": "Børn",
    "historie": "Historie",
    "natur": "Natur og haver",
    "mad": "Mad og drikke",
    "rejser": "Rejser",
    "haandarbejde": "Håndarbejde",
    "teknik": "Teknik og data",
}

# A title is one of each column; an author a first and a last name.
TITLES = {
    "da": (
        "Fyret|Den sidste færge|Brevet|En vinter|Huset|Købmanden|Sommeren|Broen|Mørket|Vejen",
        "på Læsø|ved Limfjorden|i Ærøskøbing|fra Møn|bag klitterne|over Øresund|under bøgen"
        "|uden navn|til Skagen|i Gudhjem",
        "|: første bog|: anden bog|, fortalt af hende selv|og andre historier|i tolv billeder",
    ),
    "sv": (
        "Ön|Den tysta skogen|Brevet|Sjön|Huset|Tåget|Vintern|Bryggan",
        "vid Vättern|i Ångermanland|från Öland|utan slut|bortom fjällen|på Söder|i Malmö",
        "|: första boken|: andra boken|och andra berättelser",
    ),
    "nb": (
        "Øya|Det stille huset|Brevet|Fjorden|Hytta|Båten|Vinteren|Lyset",
        "i Lofoten|ved Mjøsa|fra Ålesund|bak fjellet|på Røros|uten ord",
        "|: første bok|: andre bok|og andre fortellinger",
    ),
    "en": (
        "The Lighthouse|The Last Ferry|A Letter|One Winter|The Quiet House|Salt|The Bridge|Maps",
        "of Small Islands|by the North Sea|from Aarhus|without Names|at Low Tide|in December",
        "|: Book One|: Book Two| and Other Stories",
    ),
}
FIRST_NAMES = "Karen Søren Åse Mikkel Signe Bjørn Lærke Jens Ida Øystein Maja Per Astrid Noor Élise"
LAST_NAMES = "Østergaard Sørensen Åberg Lindqvist Bjørnholt Hansen Nygård Kjær Dahl Moberg Ravn"


def date_in_words(day: date, lang: str) -> str:
    """1. marts 2024, 1 mars 2024, 1 March 2024, March 1, 2024."""
    month = MONTHS[lang[:2]][day.month - 1]
    if lang == "en-US":
        return f"{month} {day.day}, {day.year}"
    dot = "" if lang in ("sv", "en-GB") else "."
    return f"{day.day}{dot} {month} {day.year}"


def price_as_usual(amount: Decimal, lang: str) -> str:
    """249,95 kr., 249,95 kr, kr 249,95, £12.50, €19.95."""
    comma = f"{amount:.2f}".replace(".", ",")
    if lang == "da":
        return f"{comma} kr."
    if lang == "sv":
        return f"{comma} kr"
    if lang == "nb":
        return f"kr {comma}"
    return f"{'£' if lang == 'en-GB' else '€'}{amount:.2f}"
