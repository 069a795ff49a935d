"""Asking the server for previews of links."""

from xml.sax.saxutils import quoteattr

from skein import DOMAIN

PREVIEW = "urn:skein:preview:0"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OG = "https://ogp.me/ns#"
OGI = "https://ogp.me/ns#image:"


async def ask(client, url: str):
    """The answer, whatever it is."""
    return await client.iq("get", f"<preview xmlns='{PREVIEW}' url={quoteattr(url)}/>", DOMAIN)


async def preview(client, url: str) -> dict[str, str]:
    """What the server says of a page; the description must be about `url`."""
    answer = await ask(client, url)
    description = answer.find(f"{{{PREVIEW}}}preview/{{{RDF}}}Description")
    assert description is not None, [child.tag for child in answer.iter()]
    assert description.get(f"{{{RDF}}}about") == url
    return {child.tag.removeprefix(f"{{{OG}}}"): child.text for child in description}
