"""Says what is wrong with a page that must stand alone: check_page.py FILE; nothing when all is well."""
import sys
from html.parser import HTMLParser

VOID = {"br", "img", "link", "meta"}


class Checker(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.seen = [], set(), [], {}

    def problem(self, text):
        print(f"line {self.getpos()[0]}: {text}")

    def handle_startendtag(self, tag, attributes):
        self.check(tag, dict(attributes))

    def handle_starttag(self, tag, attributes):
        self.check(tag, dict(attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problem(f"</{tag}> closes another element")

    def check(self, tag, attributes):
        self.seen[tag] = self.seen.get(tag, 0) + 1
        if tag in ("script", "link", "iframe", "object", "embed", "base", "form"):
            self.problem(f"<{tag}> does not belong here")
        for name, value in attributes.items():
            if name.startswith("on"):
                self.problem(f"{name}= is code")
            if name in ("src", "srcset", "background", "poster", "action", "data", "xlink:href"):
                if not value.startswith("data:image/jpeg;base64,"):
                    self.problem(f"{name}={value[:60]} loads something")
            if name == "href":
                self.links.append(value)
            if name == "id":
                if value in self.ids:
                    self.problem(f"id {value} is there twice")
                self.ids.add(value)
        if tag == "img" and not attributes.get("alt"):
            self.problem("<img> without alt")
        if tag == "th" and attributes.get("scope") not in ("col", "row"):
            self.problem("<th> without scope")
        if tag == "svg" and not attributes.get("aria-label"):
            self.problem("<svg> without a name")
        if tag == "html" and not attributes.get("lang"):
            self.problem("no language")

    def finish(self):
        self.close()
        if self.open:
            self.problem(f"{self.open} are not closed")
        for link in self.links:
            if not link.startswith("#") or link[1:] not in self.ids:
                self.problem(f"href={link} leads nowhere on this page")
        for tag in ("html", "head", "title", "body", "h1", "main"):
            least = self.seen.get(tag, 0)
            if least != 1 and tag != "title" or least < 1:
                self.problem(f"<{tag}> is there {least} times")


checker = Checker()
with open(sys.argv[1], encoding="utf-8") as file:
    page = file.read()
if not page.startswith("<!DOCTYPE html>"):
    print("no doctype")
for style in page.split("<style>")[1:]:
    if "url(" in style.split("</style>")[0] or "@import" in style.split("</style>")[0]:
        print("the style loads something")
checker.feed(page)
checker.finish()
