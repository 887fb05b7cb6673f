"""From a web site to the shop's table books, in four steps that can each be run again.

    python -m bookshop.crawl http://127.0.0.1:8000/     fetch and stage: crawl_pages, crawl_books
    python -m bookshop.crawl.load                       clean and load:  crawl_rejects, books

`addresses` makes one address of many, `robots` asks what is allowed, `fetch` gets a page, `parse`
reads it, `frontier` keeps in the database what is known and what waits, `crawler` goes from page
to page. `clean` turns texts into values, `load` brings them into books, all at once.
"""
