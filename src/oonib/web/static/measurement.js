// The body of a measurement as a folded tree, fetched when somebody asks for it. Texts only: nothing that a
// measurement holds becomes an element or a link.
"use strict";

{
  const LONGEST = 65536;
  const SHOWN = 2000;
  const AT_ONCE = 200;
  const place = document.getElementById("tree");

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function visible(text) {
    return text.replace(/[\p{C}\u2028\u2029]/gu, (one) => "\\u" + one.codePointAt(0).toString(16).padStart(4, "0"));
  }

  function leaf(key, value) {
    const line = element("div", "leaf");
    line.append(element("span", "key", visible(key)), ": ");
    if (typeof value === "string" && value.length > LONGEST) {
      const file = element("a", "", value.length + " " + place.dataset.long);
      file.href = place.dataset.url + "?download=true";
      line.append(file);
    } else if (typeof value === "string" && value.length > SHOWN) {
      const rest = element("button", "quiet", "+" + (value.length - SHOWN));
      const text = element("span", "", visible(value.slice(0, SHOWN)));
      rest.type = "button";
      rest.addEventListener("click", () => { text.textContent = visible(value); rest.remove(); });
      line.append(text, rest);
    } else {
      line.append(element("span", "", typeof value === "string" ? visible(JSON.stringify(value)) : String(value)));
    }
    return line;
  }

  function fill(box, entries, from) {
    for (const [key, value] of entries.slice(from, from + AT_ONCE)) box.append(node(key, value));
    if (entries.length <= from + AT_ONCE) return;
    const more = element("button", "quiet", entries.length - from - AT_ONCE + " " + place.dataset.more);
    more.type = "button";
    more.addEventListener("click", () => { more.remove(); fill(box, entries, from + AT_ONCE); });
    box.append(more);
  }

  function node(key, value) {
    if (value === null || typeof value !== "object") return leaf(key, value);
    const entries = Object.entries(value);
    const box = element("details");
    const summary = element("summary");
    const type = Array.isArray(value) ? "[" + entries.length + "]" : "{" + entries.length + "}";
    summary.append(element("span", "key", visible(key)), " ", element("span", "type", type));
    box.append(summary);
    box.addEventListener("toggle", () => fill(box, entries, 0), { once: true });
    return box;
  }

  async function show(button) {
    button.disabled = true;
    button.textContent = place.dataset.wait;
    try {
      const answer = await fetch(place.dataset.url);
      if (!answer.ok) throw new Error(answer.status);
      const body = node("measurement", await answer.json());
      place.replaceChildren(body);
      body.open = true;
    } catch {
      place.replaceChildren(element("span", "type", place.dataset.failed));
    }
  }

  if (place) {
    const button = element("button", "quiet", place.dataset.show);
    button.type = "button";
    button.addEventListener("click", () => show(button));
    place.append(button);
    place.hidden = false;
  }
}
