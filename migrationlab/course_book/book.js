"use strict";
const root = document.documentElement;
const query = document.getElementById("query");
const results = document.getElementById("results");
const menu = document.getElementById("menu");
const dark = matchMedia("(prefers-color-scheme: dark)");
const MOST = 40;

// What is remembered: the theme and the language. A browser may forbid it for a file.
function remembered(name, value) {
  try {
    if (value) localStorage.setItem(`migrationlab-${name}`, value);
    return localStorage.getItem(`migrationlab-${name}`);
  } catch { return null; }
}

// Dark and light: as the phone is, until the switch is used. The pictures ask body.
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
const paint = (light) => { document.body.dataset.jpThemeLight = String(light); };
function theme(name) {
  if (name) root.dataset.theme = name;
  paint(!isDark());
}
theme(remembered("theme"));
dark.addEventListener("change", () => theme());
addEventListener("beforeprint", () => {
  paint(true);
  document.querySelectorAll(".long").forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => theme());
document.getElementById("theme").onclick = () => {
  theme(isDark() ? "light" : "dark");
  remembered("theme", root.dataset.theme);
};

// The language of questions and glossary
function speak(language) {
  if (language) root.dataset.language = language;
  query.placeholder = query.dataset[root.dataset.language];
}
speak(remembered("language"));
document.getElementById("language").onclick = () => {
  speak(root.dataset.language === "en" ? "da" : "en");
  remembered("language", root.dataset.language);
  search();
};

// Contents
function showMenu(open) {
  document.body.classList.toggle("menu", open);
  menu.setAttribute("aria-expanded", open);
}
menu.onclick = () => showMenu(!document.body.classList.contains("menu"));
document.getElementById("contents").onclick = (event) => { if (event.target.closest("a")) showMenu(false); };
document.querySelector("main").addEventListener("click", () => { showMenu(false); results.hidden = true; });

// Search: every block whose text has all the words, headings first; a tap goes there.
const FIRST = "h2, h3, h4, dt";
const HEADINGS = "h2, h3, h4";
const WHOLE = "p, li, pre, tr, dt, dd, svg, img, summary, .question > summary > span";
const blocks = [];
let place = null;
for (const block of document.querySelectorAll(`main :is(${HEADINGS}, ${WHOLE})`)) {
  if (block.matches(HEADINGS)) place = block;
  if (block.matches(".more") || !block.matches("svg") && block.querySelector("[data-in], p, li, pre, tr, svg")) continue;
  const said = block.alt || (block.querySelector("desc") || block).textContent; // a picture in words
  const text = said.replace(/\s+/g, " ").trim();
  blocks.push({ block, text, low: text.toLowerCase(), place });
}

function search() {
  const words = query.value.toLowerCase().split(/\s+/).filter((word) => word.length > 1);
  results.hidden = !words.length;
  results.replaceChildren();
  highlight([]);
  if (!words.length) return;
  const other = root.dataset.language === "en" ? "da" : "en";
  const found = blocks.filter(({ block, low }) => words.every((word) => low.includes(word))
    && !block.closest(`[data-in="${other}"]`));
  found.sort((a, b) => b.block.matches(FIRST) - a.block.matches(FIRST));
  for (const each of found.slice(0, MOST)) results.append(line(each, words));
  const count = document.createElement("p");
  count.textContent = found.length > MOST ? `${MOST} / ${found.length}`
    : found.length ? "" : query.dataset[root.dataset.language === "en" ? "nothingEn" : "nothingDa"];
  if (count.textContent) results.append(count);
  highlight(found, words);
}

function line({ block, text, low, place }, words) {
  const link = document.createElement("a"), where = document.createElement("small");
  const at = low.indexOf(words[0]), from = Math.max(0, at - 40);
  link.href = "#";
  const number = block.closest("article")?.dataset.number;
  where.textContent = (number ? `${number} · ` : "") + (place ? place.innerText : "").replace(/\s*#$/, "");
  const hit = document.createElement("mark");
  hit.textContent = text.slice(at, at + words[0].length);
  link.append(where, (from ? "…" : "") + text.slice(from, at), hit,
    text.slice(at + words[0].length, at + 90) + (text.length > at + 90 ? "…" : ""));
  link.onclick = (event) => { event.preventDefault(); results.hidden = true; jump(block); };
  return link;
}

function jump(block) {
  for (let up = block; (up = up.parentElement?.closest("details")); ) up.open = true;
  document.querySelector(".jumped")?.classList.remove("jumped");
  block.classList.add("jumped");
  block.scrollIntoView({ block: "center", inline: "nearest" });
}

// Marks every hit without touching the page; an older browser shows the outline alone.
function highlight(found, words) {
  if (!CSS.highlights) return;
  const ranges = [];
  for (const { block } of found) {
    const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode()); ) for (const word of words) {
      const low = node.data.toLowerCase();
      for (let at = -1; (at = low.indexOf(word, at + 1)) >= 0; ) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}
let waiting;
query.oninput = () => { clearTimeout(waiting); waiting = setTimeout(search, 120); };
query.onfocus = () => { if (results.childElementCount) results.hidden = false; };
query.onkeydown = (event) => {
  if (event.key === "Enter") results.querySelector("a")?.click();
  if (event.key === "Escape") { query.value = ""; search(); }
};

// An anchor inside something folded unfolds it.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let up = target; up; up = up.parentElement.closest("details")) if (up.matches("details")) up.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();
