"""The web site of a book wholesaler, to be crawled: over a thousand pages, none of them stored.

    python -m data.wholesaler

`books` invents what the wholesaler sells, `faults` is the table of all that is wrong with his
site, `sheets` puts the two together, `pages` writes HTML, `site` answers a request, `server`
speaks HTTP, and `truth` tells what a good crawler must find. The same text on every machine: all
comes from a fixed seed. Standard library only.
"""
