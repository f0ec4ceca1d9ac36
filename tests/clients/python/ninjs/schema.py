"""What ninjs 3.1 says of an item, as a JSON Schema: every member, its type, its values, and that no other is allowed.

Written from IPTC's documentation of version 3.1; it is not IPTC's own file (docs/decisions/0018-ninjs.md says why). A
place's `geoJSON` is any object here.
"""

from typing import Any

from jsonschema import Draft202012Validator

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_NUMBER = {"type": "number"}
_URI = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$"}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
_TRUNCATED = {"type": "string", "pattern": r"^-?\d{4,}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?)?)?$"}


def _one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def _object(required: tuple[str, ...] = (), **members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": members}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _one_member(known: dict[str, Any], *names: str) -> dict[str, Any]:
    return {**known, "oneOf": [{"required": [name]} for name in names]}


_TYPE = _one_of("text", "audio", "video", "picture", "graphic", "composite", "component", "event", "planning")
_STATUS = _one_of("usable", "withheld", "canceled")
_URGENCY = {"type": "integer", "minimum": 1, "maximum": 9}
_PERCENT = {"type": "integer", "minimum": 0, "maximum": 100}

_ADDRESS = _object(lines=_list(_TEXT), locality=_TEXT, area=_TEXT, postalCode=_TEXT, country=_TEXT)
_CONTACTS = _list(
    _one_member(
        _object(type=_TEXT, role=_TEXT, lang=_TEXT, name=_TEXT, value=_TEXT, address=_ADDRESS), "value", "address"
    )
)
_CONCEPT: dict[str, Any] = {"name": _TEXT, "rel": _TEXT, "uri": _URI, "literal": _TEXT}
_NAMED: dict[str, Any] = {"name": _TEXT, "uri": _URI, "literal": _TEXT}
_ORGANISATION = _object(
    **_CONCEPT, symbols=_list(_object(exchange=_TEXT, symbolType=_URI, symbol=_TEXT)), contactInfo=_CONTACTS
)
_RENDITION = _object(
    ("name",),
    name=_TEXT,
    href=_URI,
    contentType=_TEXT,
    title=_TEXT,
    width=_WHOLE,
    height=_WHOLE,
    sizeInBytes=_WHOLE,
    duration=_NUMBER,
    format=_TEXT,
    aspectRatio=_TEXT,
    videoCodec=_TEXT,
    frameRate=_NUMBER,
    poi=_object(x=_WHOLE, y=_WHOLE),
    transportProtocol=_TEXT,
    scanType=_one_of("progressive", "interlaced"),
    bitrate=_TEXT,
)
_RECURRENCE = _object(
    recurrenceDates={"type": ["array", "string"]},  # said to be an array, and a date, at once
    recurrenceRules=_list(
        _object(
            frequency=_one_of("secondly", "minutely", "hourly", "daily", "weekly", "monthly", "yearly"),
            interval=_WHOLE,
            until=_MOMENT,
            count=_WHOLE,
        )
    ),
)
_DATES = {
    **_object(
        startDate=_MOMENT,
        endDate=_MOMENT,
        expectedStartDate=_TRUNCATED,
        expectedEndDate=_TRUNCATED,
        expectedDuration=_TEXT,
        recurrence=_RECURRENCE,
    ),
    "anyOf": [
        {"oneOf": [{"required": ["startDate"]}, {"required": ["expectedStartDate"]}]},
        {"oneOf": [{"required": ["endDate"]}, {"required": ["expectedEndDate"]}]},
    ],
}
_COMMISSIONED = _object(by=_TEXT, on=_MOMENT, references=_list(_object(name=_TEXT, value=_TEXT)))
_COVERAGE = _object(
    uri=_URI,
    title=_TEXT,
    pubStatus=_STATUS,
    type=_TYPE,
    commissioned=_COMMISSIONED,
    dates=_DATES,
    audiences=_list(_object(audience=_TEXT, significance=_WHOLE)),
    exclAudience=_list(_TEXT),
    edNote=_TEXT,
    urgency=_URGENCY,
    language=_TEXT,
    itemCount=_object(rangeFrom=_WHOLE, rangeTo=_WHOLE),
    wordCount=_WHOLE,
    renditions=_list(_RENDITION),
)
_MEMBERS: dict[str, Any] = {
    "uri": _URI,
    "type": _TYPE,
    "representationType": _one_of("full", "partial"),
    "profile": _TEXT,
    "version": _TEXT,
    "firstCreated": _MOMENT,
    "versionCreated": _MOMENT,
    "contentCreated": _MOMENT,
    "embargoedUntil": _MOMENT,
    "pubStatus": _STATUS,
    "urgency": _URGENCY,
    "copyrightHolder": _TEXT,
    "copyrightNotice": _TEXT,
    "usageTerms": _TEXT,
    "edNote": _TEXT,
    "language": _TEXT,
    "descriptions": _list(_object(("value",), role=_TEXT, contentType=_TEXT, value=_TEXT)),
    "bodies": _list(
        _object(("value",), role=_TEXT, contentType=_TEXT, charCount=_WHOLE, wordCount=_WHOLE, value=_TEXT)
    ),
    "headlines": _list(_object(("value",), role=_TEXT, contentType=_TEXT, value=_TEXT)),
    "people": _list(_object(**_CONCEPT, contactInfo=_CONTACTS)),
    "organisations": _list(_ORGANISATION),
    "places": _list(_object(**_CONCEPT, contactInfo=_CONTACTS, geoJSON={"type": "object"})),
    "subjects": _list(_object(**_CONCEPT, creator=_TEXT, relevance=_PERCENT, confidence=_PERCENT)),
    "events": _list(_object(**_CONCEPT, id=_TEXT)),
    "eventDetails": _object(eventStatus=_URI, plannedCoverageStatus=_URI, dates=_DATES, organiser=_ORGANISATION),
    "plannedCoverage": _list(_COVERAGE),
    "objects": _list(_object(**_CONCEPT)),
    "infoSources": _list(_object(**_NAMED, role=_TEXT, contactInfo=_CONTACTS)),
    "title": _TEXT,
    "by": _TEXT,
    "slugline": _TEXT,
    "located": _TEXT,
    "renditions": _list(_RENDITION),
    "associations": _list({"$ref": "#/$defs/association"}),
    "altIds": _list(_object(role=_TEXT, value=_TEXT)),
    "trustIndicators": _list(_object(role=_URI, title=_TEXT, href=_URI)),
    "standard": _object(name=_TEXT, version=_TEXT, schema=_URI),
    "genres": _list(_object(name=_TEXT, uri=_TEXT, literal=_TEXT)),
    "expires": _MOMENT,
    "rightsInfo": _one_member(
        _object(langId=_URI, linkedRights=_URI, encodedRights=_TEXT), "linkedRights", "encodedRights"
    ),
    "digitalSourceType": _object(**_NAMED),
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(("uri",), **_MEMBERS),
    "$defs": {"association": _object(("name", "uri"), **_MEMBERS, rel=_TEXT, name=_TEXT)},
}
Draft202012Validator.check_schema(SCHEMA)
_VALIDATOR = Draft202012Validator(SCHEMA)


def violations(item: object) -> list[str]:
    """What is not as ninjs 3.1 wants it, a line each; empty: the item is valid."""
    return [f"{error.json_path}: {error.message}" for error in _VALIDATOR.iter_errors(item)]
