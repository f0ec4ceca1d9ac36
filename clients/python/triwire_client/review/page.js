// The walk through the findings, sentences that light up together, and what is shown. Without it the page can be read all the same.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  const words = (element, name) => (element.getAttribute(name) || "").split(" ").filter(Boolean);
  const items = all(".findings > li");
  const numberOf = (item) => item.id.slice("finding-".length);
  const byNumber = new Map(items.map((item) => [numberOf(item), item]));
  const marks = all(".f");
  const marksOf = new Map();
  for (const mark of marks) {
    for (const number of words(mark, "data-f")) marksOf.set(number, [...(marksOf.get(number) || []), mark]);
  }
  const severities = ["note", "look", "stop"];
  let current = null;

  // --- the walk ---
  const visible = () => items.filter((item) => !item.hidden);

  // Where a finding is to be seen: its passage in the output, else its chip, else its line in the list.
  function placeOf(item) {
    const number = numberOf(item);
    const output = one(item.dataset.output);
    const passage = (marksOf.get(number) || []).find((mark) => output && output.contains(mark));
    return passage || one(`at-${number}`) || item;
  }

  function tell() {
    const shown = visible();
    const at = shown.indexOf(current);
    const total = `${shown.length} ${shown.length === 1 ? "finding" : "findings"}`;
    one("position").textContent =
      at < 0
        ? total
        : `${at + 1} of ${total}: ${current.querySelector(".words").textContent}, ${current.querySelector(".where").textContent}`;
  }

  function select(item, focus) {
    if (current) current.removeAttribute("aria-current");
    for (const old of all(".now")) old.classList.remove("now");
    current = item;
    item.setAttribute("aria-current", "true");
    const number = numberOf(item);
    for (const element of [item, one(`at-${number}`), ...(marksOf.get(number) || [])]) {
      if (element) element.classList.add("now");
    }
    const place = placeOf(item);
    for (let box = place.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    item.scrollIntoView({ block: "nearest" });
    if (focus) {
      if (!place.matches("a, [tabindex]")) place.tabIndex = -1;
      place.focus({ preventScroll: true });
      place.scrollIntoView({ block: "center" });
    }
    tell();
  }

  function step(by) {
    const shown = visible();
    if (!shown.length) return;
    const at = shown.indexOf(current);
    const next = at < 0 ? (by > 0 ? 0 : shown.length - 1) : (at + by + shown.length) % shown.length;
    select(shown[next], true);
  }

  one("next").addEventListener("click", () => step(1));
  one("previous").addEventListener("click", () => step(-1));
  document.addEventListener("click", (event) => {
    const entry = event.target.closest(".findings > li > a");
    if (entry) {
      event.preventDefault();
      select(entry.parentElement, true);
      return;
    }
    const chip = event.target.closest(".chip");
    if (chip) {
      event.preventDefault();
      const item = byNumber.get(chip.id.slice("at-".length));
      select(item, false);
      item.querySelector("a").focus();
      return;
    }
    const mark = event.target.closest(".f:not(.off)");
    if (mark && !event.target.closest("a")) {
      // Where several overlap, each click gives the next.
      const here = words(mark, "data-f").map((number) => byNumber.get(number)).filter((item) => item && !item.hidden);
      if (here.length) select(here[(here.indexOf(current) + 1) % here.length], false);
    }
  });

  // --- sentences ---
  const pieces = new Map();
  for (const piece of all(".s")) {
    for (const key of words(piece, "data-s")) pieces.set(key, [...(pieces.get(key) || []), piece]);
  }
  let lit = [];
  function light(piece) {
    for (const other of lit) other.classList.remove("lit");
    lit = piece ? words(piece, "data-s").flatMap((key) => pieces.get(key)) : [];
    for (const other of lit) other.classList.add("lit");
  }
  const sentenceAt = (element) => (element && element.closest ? element.closest(".s") : null);
  document.addEventListener("focusin", (event) => light(sentenceAt(event.target)));
  document.addEventListener("focusout", () => light(null));
  // A page that scrolls under a resting pointer does not take the light from the sentence that has the focus.
  document.addEventListener("pointerover", (event) => light(sentenceAt(event.target) || sentenceAt(document.activeElement)));

  // One stop for the Tab key; the arrow keys go from sentence to sentence within a text's column.
  const stops = all(".s[tabindex]");
  if (stops.length) stops[0].tabIndex = 0;
  function nextSentence(from, by) {
    const column = (stop) => stop.closest("td").cellIndex;
    const inColumn = stops.filter((stop) => column(stop) === column(from) && stop.offsetParent);
    const next = inColumn[inColumn.indexOf(from) + by];
    if (!next) return;
    for (const stop of stops) stop.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  // --- keys ---
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !one("keys").checked) return;
    const sentence = event.target.matches(".s[tabindex]") ? event.target : null;
    if (event.key === "n" || event.key === "j") step(1);
    else if (event.key === "p" || event.key === "k") step(-1);
    else if (event.key === "Escape" && current) current.querySelector("a").focus();
    else if (sentence && event.key === "ArrowRight") nextSentence(sentence, 1);
    else if (sentence && event.key === "ArrowLeft") nextSentence(sentence, -1);
    else return;
    event.preventDefault();
  });

  // --- what is shown ---
  function show() {
    const wanted = new Set(all("input[name=severity]:checked").map((box) => box.value));
    const choice = document.querySelector("input[name=column]:checked");
    const column = choice ? choice.value : "all";
    const isOut = (element) => column !== "all" && element.dataset.column !== undefined && element.dataset.column !== column;
    for (const cell of all(".article [data-column]")) cell.hidden = isOut(cell);
    const width = document.querySelectorAll(".article thead th:not([hidden])").length - 1;
    for (const cell of all(".folded td")) cell.colSpan = width;
    for (const item of items) item.hidden = !wanted.has(item.dataset.severity) || isOut(item);
    for (const mark of marks) {
      const here = words(mark, "data-f").map((number) => byNumber.get(number)).filter((item) => item && !item.hidden);
      const worst = Math.max(-1, ...here.map((item) => severities.indexOf(item.dataset.severity)));
      severities.forEach((severity, index) => mark.classList.toggle(severity, index === worst));
      mark.classList.toggle("off", worst < 0);
    }
    for (const chip of all(".chip")) chip.hidden = byNumber.get(chip.id.slice("at-".length)).hidden;
    tell();
  }
  for (const input of all("input[name=severity], input[name=column]")) input.addEventListener("change", show);

  document.querySelector(".bar").hidden = false;
})();
